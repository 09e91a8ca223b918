"""Every page, narrow and wide, light and dark: no complaint, nothing sticks out, nothing in the way of assistive technology."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError

from console.models import Act, User
from credits.models import DeskItem, Scenario, UnitsRequest
from licensing.models import Company, ImportRun, License, Order
from tests.browser.conftest import (
    ASTER,
    EVERYWHERE,
    MANAGER,
    OWNER,
    PROVIDER,
    SERVED_PAGES,
    STRAINED,
    SUPPORT,
    VIEWER,
    Site,
    Visit,
)
from tests.browser.text_in_the_way import text_in_the_way

pytestmark = SERVED_PAGES

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
WIDTHS = (320, 390, 720, 768, 1024, 1440)
"""At 720 the window is 450 high: what a zoom of 200 % leaves of 1440 x 900."""
ALL_WIDTHS = (320, 360, 390, 720, 768, 992, 1200, 1440)
"""At 320, 360, 768, 992 and 1200 layouts of static/css have the least room: a wider window of the same layout has more."""
DESK_WIDTHS = (320, 390, 768, 1024, 1440)
NOT_THE_FEATURES = ".topbar, #content > .alert, #summary, #offerings, #history"


@dataclass(frozen=True)
class Screen:
    name: str
    path: str
    person: str = PROVIDER
    widths: tuple[int, ...] = WIDTHS
    expects: tuple[int, ...] = ()
    examined: str = "html"
    """What axe looks at: a part, where the rest is looked at elsewhere and long."""


ESTIMATE = "/companies/aster/credits/solutions/estimate/?start=today&price=1&purchase=1"

SCREENS = [
    Screen("sign-in", "/accounts/login/", "", ALL_WIDTHS),
    Screen("reset", "/accounts/password/reset/", ""),
    Screen("reset-done", "/accounts/password/reset/done/", ""),
    Screen("no-company", "/", "nobody@nowhere.example"),
    Screen("sign-up-closed", "/accounts/signup/", ""),
    Screen("switched-off", "/accounts/inactive/", ""),
    Screen("chooser", "/companies/", PROVIDER),
    Screen("workbench", "/admin/desk/", SUPPORT, ALL_WIDTHS),
    Screen("to-do", "/admin/desk/to-do/", SUPPORT),
    Screen("health", "/admin/desk/health/", SUPPORT, ALL_WIDTHS),
    Screen("customers", "/companies/delta/credits/customers/", PROVIDER, ALL_WIDTHS),
    Screen("no-customer", "/companies/delta/credits/customers/?q=zebra", PROVIDER),
    Screen("threshold", "/companies/delta/credits/customers/borealis/threshold/", PROVIDER),
    Screen("provider-viewers", "/companies/delta/provider-viewers/", PROVIDER),
    Screen("as-a-provider", "/companies/cobalt/licenses/", PROVIDER),
    Screen("provider-access", "/companies/cobalt/provider-access/", EVERYWHERE),
    Screen("notices", "/companies/borealis/notices/", PROVIDER),
    Screen("people", "/companies/aster/people/", OWNER, ALL_WIDTHS),
    Screen("people-strained", "/companies/strained/people/", STRAINED, ALL_WIDTHS),
    Screen("invite", "/companies/aster/people/invite/", OWNER, ALL_WIDTHS),
    Screen("roles", "/companies/aster/roles/", VIEWER, ALL_WIDTHS),
    Screen("roles-of-an-owner", "/companies/aster/roles/", OWNER),
    Screen("leave", "/companies/aster/leave/", OWNER),
    Screen("no-invitation", "/invitations/", "", expects=(404,)),
    Screen("company-settings", "/companies/cobalt/settings/", EVERYWHERE, ALL_WIDTHS),
    Screen("company-tenants", "/companies/cobalt/settings/tenants/", EVERYWHERE, ALL_WIDTHS),
    Screen("join", "/join/", "nobody@nowhere.example"),
    Screen("aster", ASTER, MANAGER, ALL_WIDTHS),
    Screen("borealis", "/companies/borealis/credits/annual/", PROVIDER, examined=NOT_THE_FEATURES),
    Screen("cobalt", "/companies/cobalt/credits/annual/", EVERYWHERE, examined=NOT_THE_FEATURES),
    Screen("delta", "/companies/delta/credits/annual/", PROVIDER, examined=NOT_THE_FEATURES),
    Screen("empty", "/companies/empty/credits/annual/", EVERYWHERE, examined=NOT_THE_FEATURES),
    Screen("seventeen", "/companies/seventeen/credits/annual/", EVERYWHERE, examined="#offerings"),
    Screen("no-match", f"{ASTER}?q=zebra&offering=endpoint-security"),
    Screen("all-features", f"{ASTER}?state=all", MANAGER, ALL_WIDTHS, examined="#features"),
    Screen("pay-as-you-go-features", "/companies/cobalt/credits/annual/?state=pay-as-you-go", EVERYWHERE, examined="#features"),
    Screen("add-allocation", f"{ASTER}add/?q=endpoint", MANAGER, ALL_WIDTHS),
    Screen("plan", f"{ASTER}plan/", MANAGER, ALL_WIDTHS),
    Screen("plan-nothing", "/companies/empty/credits/annual/plan/", EVERYWHERE),
    Screen("scenarios", "/companies/aster/credits/scenarios/", widths=ALL_WIDTHS),
    Screen("requests", "/companies/aster/credits/requests/", MANAGER, ALL_WIDTHS),
    Screen("request", "/companies/aster/credits/requests/{request}/", MANAGER, ALL_WIDTHS),
    Screen("approvals", "/companies/aster/credits/approvals/", OWNER, ALL_WIDTHS),
    Screen("ask-for-units", f"{ASTER}features/email-sensor/", VIEWER, ALL_WIDTHS),
    Screen("pay-as-you-go", "/companies/cobalt/credits/pay-as-you-go/", EVERYWHERE, ALL_WIDTHS),
    Screen("no-contract", "/companies/aster/credits/pay-as-you-go/", MANAGER),
    Screen("manage-billing", "/companies/cobalt/credits/pay-as-you-go/manage/", EVERYWHERE, ALL_WIDTHS),
    Screen("past", f"{ASTER}?on={{past}}"),
    Screen("as-known", f"{ASTER}?known=2025-10-01T10:00", widths=ALL_WIDTHS, examined=NOT_THE_FEATURES),
    Screen("planned", f"{ASTER}?on={{future}}", examined=NOT_THE_FEATURES),
    Screen("purchases", f"{ASTER}purchases/", widths=ALL_WIDTHS),
    Screen("allocations", f"{ASTER}allocations/", widths=ALL_WIDTHS),
    Screen("runway", f"{ASTER}runway/", widths=ALL_WIDTHS),
    Screen("runway-below-zero", "/companies/borealis/credits/annual/runway/", PROVIDER),
    Screen("not-ahead", f"{ASTER}?ahead=0", examined="#history"),
    Screen("a-year-ahead", f"{ASTER}?ahead=12&table=history", widths=ALL_WIDTHS, examined="#history"),
    Screen("requirements", "/companies/aster/credits/requirements/", widths=ALL_WIDTHS),
    Screen("conversions", "/companies/aster/credits/conversions/", widths=ALL_WIDTHS),
    Screen("solutions", "/companies/aster/credits/solutions/", widths=ALL_WIDTHS),
    Screen("estimate", ESTIMATE, widths=ALL_WIDTHS),
    Screen("estimate-of-nothing", "/companies/aster/credits/solutions/estimate/?add=cloud"),
    Screen("ask-sales", "/companies/aster/credits/solutions/estimate/ask-sales/?start=today"),
    Screen("explanation", "/companies/aster/explain/current-balance/", widths=ALL_WIDTHS),
    Screen("explanation-of-a-share", "/companies/aster/explain/offering-share.endpoint-security/"),
    Screen("what-changed", f"{ASTER}changes/?from=2025-06-30&to=2025-11-20", widths=ALL_WIDTHS),
    Screen("what-changed-without-a-visit", f"{ASTER}changes/"),
    Screen("statements-of-account", "/companies/aster/credits/statement/"),
    Screen("statement-of-account", "/companies/aster/credits/statement/2025-10/", widths=ALL_WIDTHS),
    Screen("audit-log", "/companies/aster/audit-log/?days=all", OWNER, ALL_WIDTHS),
    Screen("privacy", "/accounts/privacy/"),
    Screen("usage", "/companies/aster/credits/usage/", MANAGER, ALL_WIDTHS),
    Screen("feature-history", f"{ASTER}features/endpoint-sensor/history/", MANAGER, ALL_WIDTHS),
    Screen("help", "/help/?company=aster"),
    Screen("help-credits", "/help/credits/?company=aster"),
    Screen("help-conversions", "/help/conversions/", ""),
    Screen("help-buying", "/help/buying/practice/", ""),
    Screen("help-trials", "/help/trials/?company=aster"),
    Screen("help-company", "/help/company/?company=aster", OWNER, ALL_WIDTHS),
    Screen("help-approvals", "/help/approvals/", ""),
    Screen("played-app", "/demo/apps/advanced-server-workload-protection/"),
    Screen("form", f"{ASTER}features/cloud-email-collaboration-protection/", MANAGER),
    Screen("form-read-only", f"{ASTER}features/cloud-email-collaboration-protection/?on={{past}}"),
    Screen("licenses", "/companies/aster/licenses/", widths=ALL_WIDTHS),
    Screen("licenses-cobalt", "/companies/cobalt/licenses/", EVERYWHERE),
    Screen("licenses-many", "/companies/many/licenses/", EVERYWHERE, examined=".card-foot"),
    Screen("licenses-empty", "/companies/empty/licenses/", EVERYWHERE),
    Screen("license", "/companies/aster/licenses/{license}/", MANAGER),
    Screen("receipt", "/companies/aster/licenses/{license}/receipt/"),
    Screen("404", "/companies/nowhere/credits/annual/", expects=(404,)),
    Screen("400", f"{ASTER}?on=yesterday", expects=(400,)),
    Screen("password", "/accounts/password/change/"),
    Screen("factors", "/accounts/2fa/"),
    Screen("ways-of-notices", "/accounts/notices/"),
    Screen("sessions", "/accounts/sessions/"),
    Screen("sign-out", "/accounts/logout/"),
    Screen("keyboard", "/help/keyboard/?company=aster", widths=ALL_WIDTHS),
    Screen("report", "/companies/aster/report-a-figure/"),
    Screen("vendor", "/admin/desk/vendor/", SUPPORT),
    Screen("vendor-mail", "/admin/desk/vendor/mails/notice/", SUPPORT),
    *(
        Screen(f"strained-{name}", f"/companies/strained/{path}", STRAINED, examined=".page-head")
        for name, path in {
            "annual": "credits/annual/?state=all",
            "annual-past": "credits/annual/?on={past}",
            "purchases": "credits/annual/purchases/",
            "allocations": "credits/annual/allocations/",
            "form": "credits/annual/features/email-sensor/",
            "requirements": "credits/requirements/",
            "conversions": "credits/conversions/",
            "plan": "credits/annual/plan/",
            "scenarios": "credits/scenarios/",
            "scenario": "credits/scenarios/{scenario}/",
            "scenarios-compared": "credits/scenarios/{scenario}/?with={other}",
            "solutions": "credits/solutions/",
            "estimate": "credits/solutions/estimate/?start=today",
            "licenses": "licenses/",
            "license": "licenses/{strained}/",
            "notices": "notices/",
            "report": "report-a-figure/",
        }.items()
    ),
    Screen("desk-customers", "/admin/desk/customers/", SUPPORT, ALL_WIDTHS),
    Screen("desk-purchases", "/admin/desk/purchases/", SUPPORT, ALL_WIDTHS),
    Screen("desk-search", "/admin/desk/search/?q=aster&all=1", SUPPORT, ALL_WIDTHS),
    Screen("desk-search-nothing", "/admin/desk/search/?q=zebra", SUPPORT),
    *(
        Screen(f"desk-{name}", f"/admin/{path}", SUPPORT, DESK_WIDTHS, examined="main")
        for name, path in {
            "to-do-of-health": "desk/to-do/?queue=health",
            "marked-read": "desk/to-do/?show=read",
            "item": "desk/to-do/{item}/",
            "item-reported": "desk/to-do/{reported}/",
            "staff": "desk/staff/",
            "one-of-staff": "desk/staff/{staff}/",
            "imports": "desk/imports/",
            "import-checked": "desk/imports/{checked}/",
            "import-wrong": "desk/imports/{wrong}/",
            "import-done": "desk/imports/{done}/",
            "case": "desk/cases/?number=CS-1984",
            "undo": "desk/acts/{act}/undo/",
            "undo-refused": "desk/acts/{renewal}/undo/",
            "undo-case": "desk/cases/undo/?number=CS-1984",
            "view-as": "desk/companies/strained/view/?ended",
            "mail": "desk/companies/borealis/?tab=mail",
            "new-order": "licensing/order/add/",
            "top-up": "licensing/order/{order}/acts/top-up/",
            "roles": "licensing/company/{company}/acts/set-roles/",
        }.items()
    ),
    Screen("strained-chooser", "/companies/", STRAINED),
    Screen("strained-activate", "/activate/", STRAINED),
    Screen("strained-account", "/accounts/notices/", STRAINED),
    Screen("single", "/companies/single/credits/annual/", STRAINED),
    Screen("single-licenses", "/companies/single/licenses/", STRAINED),
]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_page(visit: Visit, site: Site, screen: Screen) -> None:
    seats = License.objects.filter(company__slug="aster", product__kind="seats").first()
    assert seats is not None
    strained = License.objects.filter(company__slug="strained").latest("id")
    scenario, other, *_rest = Scenario.objects.filter(company__slug="strained").values_list("pk", flat=True).order_by("pk")
    days = {"past": site.today - timedelta(days=170), "future": site.today + timedelta(days=120)}
    rows = rows_of_the_desk() if screen.person == SUPPORT else {}
    asked = UnitsRequest.objects.filter(company__slug="aster").earliest("pk").pk
    rows = {**rows, "strained": strained.pk, "scenario": scenario, "other": other, "request": asked}
    path = screen.path.format(**days, license=seats.pk, **rows)
    page = visit(path, screen.person, expects=screen.expects)
    look_at(page, screen.widths, screen.examined)


def rows_of_the_desk() -> dict[str, Any]:
    """What the addresses of the workbench name by a number or an id."""
    runs = {run.state: run.pk for run in ImportRun.objects.order_by("created_at")}
    acts = Act.objects.order_by("recorded_at")
    return {
        "item": DeskItem.objects.filter(kind="below-zero", ended_at=None, read_act=None).earliest("pk").pk,
        "reported": DeskItem.objects.filter(kind="report", ended_at=None, read_act=None).earliest("pk").pk,
        "staff": User.objects.get(email="agent@allotment.example").pk,
        "checked": runs["ready"],
        "wrong": runs["wrong"],
        "done": runs["done"],
        "act": acts.filter(name="allocation.set", company_id=Company.objects.get(slug="aster").pk).latest("recorded_at").pk,
        "renewal": acts.filter(name="order.renew").latest("recorded_at").pk,
        "order": Order.objects.get(external_id="AZ-48213").pk,
        "company": Company.objects.get(slug="aster").pk,
    }


def look_at(page: Page, widths: tuple[int, ...] = WIDTHS, examined: str = "html") -> None:
    """Nothing sticks out, is cut off or lies over another at any width; axe is content in both themes, narrow and wide."""
    if {390, 1440} & {*widths}:
        page.evaluate(AXE)
    for width in widths:
        page.set_viewport_size({"width": width, "height": 450 if width == 720 else 900})
        assert sticks_out(page) == [], f"at {width} px"
        assert text_in_the_way(page) == [], f"at {width} px"
        if width in (390, 1440):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.wait_for_function("scheme => document.documentElement.dataset.bsTheme === scheme", arg=scheme)
                # The themes differ in colors alone.
                rules = ["color-contrast"] if scheme == "dark" else None
                assert findings(page, examined, rules, targets=True) == [], f"axe, {scheme}, at {width} px"


def sticks_out(page: Page) -> list[str]:
    """What is wider than the window and stands in nothing that scrolls. Charts follow the window a moment later."""
    find = """() => {
      if (document.documentElement.scrollWidth <= innerWidth) return [];
      const scrolls = (each) => each && (getComputedStyle(each).overflowX !== 'visible' || scrolls(each.parentElement));
      const wide = [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > innerWidth);
      return wide.filter((each) => !scrolls(each.parentElement)).map((each) =>
        `${each.tagName} ${each.id} ${each.className.baseVal ?? each.className} ${each.getBoundingClientRect().right}`);
    }"""
    try:
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth", timeout=3_000)
    except TimeoutError:
        return page.evaluate(find) or ["something"]
    return []


FINDINGS = """async ([examined, rules, targets]) => {
  // More of the same:
  const long = '#features tr:nth-child(n + 20), #result_list tr:nth-child(n + 9), #rows tr:nth-child(n + 20)';
  const context = { include: [examined], ...(document.querySelector(long) ? { exclude: [long] } : {}) };
  for (const each of document.getAnimations()) each.finish();  // what still fades has no color of its own yet
  // Contrast is most of the work. Of the words that are drawn alike, on what is drawn alike, the first and the last are measured,
  // and none again at another width.
  const looks = new Map([[null, '']]);
  const lookOf = (each) => {
    if (!looks.has(each)) {
      const style = getComputedStyle(each), drawn = ['color', 'backgroundColor', 'backgroundImage', 'opacity', 'fontSize',
        'fontWeight', 'position', 'textShadow', 'filter', 'mixBlendMode'].map((name) => style[name]);
      const off = each.matches(':disabled, [aria-disabled=true]') || each.control?.disabled;
      looks.set(each, [lookOf(each.parentElement), each.localName, each.getAttribute('class'), off, ...drawn].join('|'));
    }
    return looks.get(each);
  };
  const measured = (window.looksMeasured ??= new Set()), alike = new Map();
  for (const each of document.querySelectorAll('body, body *')) {
    each.removeAttribute('data-measured');
    // Of a single letter axe says nothing.
    const words = each.textContent.trim().length > 1 && [...each.childNodes].some((node) => node.data?.trim());
    if (!words && !each.matches('input, select, textarea, [role]')) continue;
    if (!each.checkVisibility({ visibilityProperty: true }) || !each.closest(examined) || each.closest(long)) continue;
    // What is laid over something else stands on what happens to be there.
    const look = each.closest('svg') || /[|](absolute|fixed|sticky)[|]/.test(lookOf(each)) ? each : lookOf(each);
    if (!measured.has(look)) alike.set(look, [alike.get(look)?.[0] ?? each, each]);
  }
  for (const each of [...alike.values()].flat()) each.setAttribute('data-measured', '');
  const asked = rules ? { runOnly: rules } : { rules: { 'target-size': { enabled: targets } } };
  axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-measured]' }] });
  const found = await axe.run(context, { resultTypes: ['violations', 'incomplete'], elementRef: true, ...asked });
  const nodes = found.incomplete.filter((each) => each.id === 'color-contrast').flatMap((each) => each.nodes);
  const unsure = new Set(nodes.map((each) => lookOf(each.element)));
  for (const look of alike.keys()) if (typeof look === 'string' && !unsure.has(look)) measured.add(look);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target} ${failureSummary.slice(0, 300)}`));
}"""


def findings(page: Page, examined: str = "html", rules: list[str] | None = None, *, targets: bool = False) -> list[str]:
    """One line per element that axe objects to, by all its rules or the ones named; `targets`: also where one is hard to hit."""
    found: list[str] = page.evaluate(FINDINGS, [examined, rules, targets])
    return found
