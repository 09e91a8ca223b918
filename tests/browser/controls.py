"""Every control that writes or filters: where it is, how it is pressed, what changes; and what the templates have of them.

test_feedback.py plays `BY_HTMX` and `AS_A_PAGE` through. `NAMED` says of each form and each request of htmx in a template
which of their rows stands for it, or why none has to; a template that gains one is told of by a test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.browser.conftest import ASTER, EVERYWHERE, MANAGER, OWNER, PROVIDER, SUPPORT, VIEWER

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
COBALT = "/companies/cobalt/licenses/"
CUSTOMERS, ORDERS = "/admin/desk/customers/", "/admin/desk/purchases/"
LOOKED_AFTER = "/companies/delta/credits/customers/"
PURCHASES = f"{ASTER}purchases/"
SOLUTIONS = "/companies/aster/credits/solutions/"
AUDIT = "/companies/aster/audit-log/"
REQUIREMENTS, CONVERSIONS = "/companies/aster/credits/requirements/", "/companies/aster/credits/conversions/"


@dataclass(frozen=True)
class Control:
    """`press` is what is clicked; `typed` goes into it first, or is all of the press where `by` is "input" or "change"."""

    name: str
    page: str
    person: str
    press: str
    asks: str
    """A glob of the address it asks."""
    changes: str = ""
    """A selector of what will change, and is dimmed."""
    by: str = "click"
    typed: str = ""
    writes: bool = False
    opens: str = ""
    """What is clicked before, to get to it."""
    beside: bool = False
    """What went wrong is said in the panel or the form; else in the place of status messages."""


PANEL = "#action-email-sensor"
UNITS = "#panel input[id^=id_units_]"
PLAN, PLANNED = f"{ASTER}plan/", "#plan-table tbody:last-of-type .stepper > input"

BY_HTMX = [
    Control("opens a panel", ASTER, MANAGER, PANEL, "**/features/email-sensor/*"),
    Control("a filter of features", ASTER, MANAGER, "#features-state-allocated", "**/annual/?*", "#features"),
    Control("searches features", ASTER, MANAGER, "#features-q", "**/annual/?*", "#features", "input", "email"),
    Control(
        "features of every offering",
        f"{ASTER}?state=all&offering=endpoint-security",
        MANAGER,
        "#features-any-offering",
        "**/annual/?state=all",
        "#features",
    ),
    Control("chooses a feature", ASTER, MANAGER, "#add-allocation", "**/annual/add/"),
    Control("picks a feature", ASTER, MANAGER, "#picker li a", "**/features/*/", opens="#add-allocation"),
    Control("opens the window of billing models", ASTER, MANAGER, "#manage-billing", "**/pay-as-you-go/manage/"),
    Control("opens the list of companies", ASTER, PROVIDER, "#switch-company", "**/companies/switch/?*"),
    Control("a kind of purchases", PURCHASES, MANAGER, "#kind-trials", "**/purchases/?*", "#purchases"),
    Control("searches purchases", PURCHASES, MANAGER, "#purchases-q", "**/purchases/?*", "#purchases", "input", "azure"),
    Control("sorts purchases", PURCHASES, MANAGER, "#purchases a[id^=sort-][id$=-credits]", "**/purchases/?*", "#purchases"),
    Control("a row of the legend", ASTER, MANAGER, "#legend a[hx-get]", "**/annual/?*", "#features"),
    Control(
        "asks for the result", ASTER, MANAGER, UNITS, "**/preview/*", "#allocation-preview", "input", "951", True, PANEL, True
    ),
    Control(
        "saves", ASTER, MANAGER, "#panel .btn-primary", "**/email-sensor/", "#summary", writes=True, opens=PANEL, beside=True
    ),
    Control("releases", ASTER, MANAGER, "#panel .start", "**/*release*", "#summary", writes=True, opens=PANEL, beside=True),
    Control(
        "asks for the figures of a plan",
        PLAN,
        MANAGER,
        PLANNED,
        "**/plan/preview/",
        "#plan-bar",
        "input",
        "951",
        True,
        beside=True,
    ),
    Control("narrows a plan", PLAN, MANAGER, "#plan-show-all", "**/plan/preview/", "#plan-bar", writes=True, beside=True),
    Control("a status of licenses", COBALT, EVERYWHERE, "#status-valid", "**/licenses/?*", "#licenses"),
    Control("searches licenses", COBALT, EVERYWHERE, "#licenses-q", "**/licenses/?*", "#licenses", "input", "core"),
    Control("sorts licenses", COBALT, EVERYWHERE, "#sort-units", "**/licenses/?*", "#licenses"),
    Control("searches the audit log", AUDIT, OWNER, "#audit-q", "**/audit-log/?*", "#lines", "input", "a"),
    Control("searches requirements", REQUIREMENTS, MANAGER, "#requirements-q", "**/requirements/?*", "#price-list", "input", "a"),
    Control("searches conversions", CONVERSIONS, MANAGER, "#conversions-q", "**/conversions/?*", "#price-list", "input", "a"),
    Control("searches solutions", SOLUTIONS, MANAGER, "#solutions-q", "**/solutions/?*", "#solutions-found", "input", "a"),
    Control(
        "recomputes an estimate",
        f"{SOLUTIONS}estimate/?start=today",
        MANAGER,
        "#estimate-price",
        "**/estimate/?*",
        "#what-it-takes",
        "input",
        "2",
    ),
    Control("searches everything", CUSTOMERS, SUPPORT, "#desk-q", "**/desk/search/?*", "#desk-found", "input", "aster"),
    Control(
        "searches from the first page",
        "/admin/desk/",
        SUPPORT,
        "#desk-q",
        "**/desk/search/?*",
        "#desk-found",
        "input",
        "aster",
    ),
    Control(
        "finds a company",
        "/admin/licensing/membership/add/",
        SUPPORT,
        "#id_company_named",
        "**/desk/find-company/company_named/?*",
        "#id_company_named_found",
        "input",
        "aster",
        beside=True,
    ),
    Control("searches customers", CUSTOMERS, SUPPORT, "#customers-q", "**/customers/?*", "#rows", "input", "aster"),
    Control("customers of a state", CUSTOMERS, SUPPORT, "#state-negative", "**/customers/?*", "#rows"),
    Control("sorts customers", CUSTOMERS, SUPPORT, "#sort-name", "**/customers/?*", "#rows"),
    Control("searches one's customers", LOOKED_AFTER, PROVIDER, "#customers-q", "**/customers/?*", "#rows", "input", "aster"),
    Control("one's customers of a state", LOOKED_AFTER, PROVIDER, "#state-below", "**/customers/?*", "#rows"),
    Control("sorts one's customers", LOOKED_AFTER, PROVIDER, "#sort-name", "**/customers/?*", "#rows"),
    Control("narrows people", "/companies/aster/people/", OWNER, "#people-owners", "**/people/?*", "#rows"),
    Control("searches orders", ORDERS, SUPPORT, "#purchases-q", "**/desk/purchases/?*", "#rows", "input", "aster"),
]
AS_A_PAGE = [
    Control("looks again", "/admin/desk/", SUPPORT, ".desk-as-of button", "**/admin/desk/look/", writes=True),
    Control(
        "chooses how notices reach one", "/accounts/notices/", OWNER, "main .btn-primary", "**/accounts/notices/", writes=True
    ),
    Control(
        "asks for a role",
        "/companies/aster/roles/?role=license-administrator",
        VIEWER,
        "main form .btn-primary",
        "**/aster/roles/",
        writes=True,
    ),
    Control("begins an activation", "/activate/", OWNER, "main form .btn-primary", "**/activate/?*", typed="ABCD", writes=True),
    Control(
        "saves as a page", f"{ASTER}features/email-sensor/", MANAGER, ".panel-page .btn-primary", "**/email-sensor/", writes=True
    ),
    Control("shows another day", ASTER, MANAGER, ".as-of form .btn", "**/annual/?*", opens=".as-of summary"),
    Control(
        "signs out", ASTER, MANAGER, ".topbar .menu-end form button", "**/logout/", writes=True, opens=".topbar .menu-end summary"
    ),
    Control("supposes renewals", f"{ASTER}runway/", MANAGER, "#runway-suppose .btn-primary", "**/runway/?*"),
    Control("goes to a day by a link", ASTER, MANAGER, ".as-of a.as-of-step", "**/annual/?*"),
    Control("chooses a company", "/companies/", PROVIDER, "main a[href*='/companies/aster/']", "**/companies/aster/**"),
]

ENTRANCE = "a plain form of the entrance, like all forms as a page"
PLAY = "the practice marketplace, which stands for somebody else's site"
PLAIN = "a plain form, like all forms as a page"
DESK = "a form of the workbench: played in test_desk_forms.py"
PEOPLE = "a plain form, played in test_people.py"
NAMED: dict[str, dict[str, str]] = {
    "desk/act_form.html": {"": DESK},
    "desk/staff/list.html": {"": DESK},
    "desk/staff/one.html": {"": DESK},
    "desk/erase.html": {"": DESK},
    "desk/undo.html": {"": DESK},
    "403_csrf.html": {"{{ request.get_full_path }}": PLAIN},
    "account/confirm_email_verification_code.html": {
        "{{ confirm_url }}": ENTRANCE,
        "{% url 'account_logout' %}": "signs out",
    },
    "account/login.html": {"{{ login_url }}": ENTRANCE},
    "account/logout.html": {"{{ logout_url }}": "signs out"},
    "account/notices.html": {"{% url 'account_notices' %}": "chooses how notices reach one"},
    "account/sessions.html": {"{{ sessions_url }}": PLAIN},
    "account/privacy.html": {"{% url 'account_privacy' %}": PLAIN},
    "credits/audit.html": {"{{ page_url }}": "searches the audit log"},
    "account/signup.html": {"{{ sign_up_url }}": ENTRANCE},
    "desk/home.html": {"{% url 'desk:search' %}": "searches from the first page", "{% url 'desk:look' %}": "looks again"},
    "desk/health.html": {"": DESK},
    "desk/search_box.html": {"{% url 'desk:search' %}": "searches everything"},
    "desk/item.html": {"": DESK},
    "mfa/demo_code.html": {"{{ request.get_full_path }}": ENTRANCE},
    "allauth/elements/form.html": {"{{ attrs.action }}": PLAIN},
    "allauth/elements/provider.html": {"{{ attrs.href }}": ENTRANCE},
    "base.html": {"{% url 'account_logout' %}": "signs out", "{{ switcher.part }}": "opens the list of companies"},
    "desk/vendor.html": {"{% url 'desk:vendor' %}": DESK, "{% url 'desk:vendor' %}#told": PLAIN},
    "desk/vendor_mail.html": {"{{ request.path }}": DESK},
    "credits/allocation_form.html": {
        "{{ save_url }}": "saves",
        "{{ preview_url }}": "asks for the result",
        "{{ release_url }}": "releases",
        "{{ plan.withdraw_url }}": "withdraws: a test of its own, which makes the plan first",
    },
    "credits/annual_credits/features.html": {
        "{{ page_url }}": "searches features",
        "{{ page_url }}#features": "searches features",
        "{{ filters.any_offering_url }}": "features of every offering",
        "{{ each.url }}": "a filter of features",
        "{{ add_url }}": "chooses a feature",
    },
    "credits/pages/annual_credits/rows_as_html.py": {"{url}": "opens a panel"},
    "credits/pages/annual_credits/charts_shown.py": {"{url}": "a row of the legend"},
    "credits/annual_credits/history.html": {"{{ history.table_url }}": "asks by itself, once"},
    "credits/annual_credits/picker.html": {
        "{{ page_url }}": "narrows by itself: without scripts a plain form",
        "{{ entry.url }}": "picks a feature",
    },
    "credits/conversions.html": {"{{ page_url }}": "searches conversions"},
    "desk/customers.html": {"{{ address.path }}": "searches customers", "{{ each.url }}": "customers of a state"},
    "desk/purchases.html": {"{{ address.path }}": "searches orders"},
    "includes/table_head.html": {"{{ column.url }}": "sorts customers"},
    "credits/feature_history.html": {
        "{{ history_url }}": "opens a panel",
        "{{ row.back_url }}": "opens a panel",
        "{{ row.undo_url }}": "undoes: a test of its own, which saves first",
    },
    "credits/keep_using.html": {"{{ choose_url }}": PLAIN},
    "credits/pay_as_you_go/manage.html": {"{{ page_url }}": "switches: a test of its own"},
    "credits/pay_as_you_go/manage_button.html": {"{{ manage_billing_url }}": "opens the window of billing models"},
    "credits/purchases.html": {
        "{{ request.path }}": "searches purchases",
        "{{ column.url }}": "sorts purchases",
    },
    "credits/planning/page.html": {"{{ preview_url }}": "asks for the figures of a plan"},
    "credits/planning/scenario.html": {"{{ page_url }}": PLAIN, "{{ apply_url }}": PLAIN, "{{ drop_url }}": PLAIN},
    "credits/requests/request.html": {"{{ page_url }}": PLAIN},
    "credits/requests/approvals.html": {"{{ page_url }}": PLAIN},
    "credits/requirements.html": {"{{ page_url }}": "searches requirements"},
    "credits/runway.html": {"{{ page_url }}": "supposes renewals"},
    "credits/solutions/ask_sales.html": {"{{ page_url }}": PLAIN},
    "credits/solutions/estimate.html": {"{{ page_url }}": "recomputes an estimate"},
    "credits/solutions/solutions.html": {"{{ page_url }}": "searches solutions"},
    "credits/undo_below_zero.html": {"{{ undo_url }}": "undoes: a test of its own, which saves first"},
    "desk/company/journal.html": {"{{ request.path }}": DESK},
    "includes/chips.html": {"{{ each.url }}": "a status of licenses"},
    "credits/what_changed.html": {"{{ page_url }}": PLAIN},
    "credits/usage/fields.html": {"{{ observe_url }}": PLAIN},
    "credits/usage/page.html": {"{{ page_url }}": PLAIN},
    "credits/usage/looked_at.html": {"{{ page_url }}": PLAIN},
    "includes/as_known.html": {"{{ as_of.action }}": PLAIN},
    "includes/as_of.html": {"{{ as_of.action }}": "shows another day"},
    "includes/status_message.html": {"{{ said.way_on.url }}": "undoes: a test of its own, which saves first"},
    "licensing/people/invite.html": {"{% url 'licensing:invite' company.slug %}": PEOPLE},
    "licensing/people/people.html": {
        "{{ people_url }}": PEOPLE,
        "{{ request_url }}": PEOPLE,
        "{% url 'licensing:invite-again' company.slug each.row.pk %}": PEOPLE,
        "{% url 'licensing:withdraw-invitation' company.slug each.row.pk %}": PEOPLE,
    },
    "licensing/people/member.html": {"{% url 'licensing:member' company.slug held.user_id %}": PEOPLE},
    "licensing/people/remove.html": {"{% url 'licensing:remove-member' company.slug held.user_id %}": PEOPLE},
    "licensing/people/role_request.html": {"{% url 'licensing:role-request' company.slug asked.pk %}": PEOPLE},
    "licensing/people/roles.html": {"{% url 'licensing:roles' company.slug %}": "asks for a role"},
    "licensing/people/leave.html": {"{% url 'licensing:leave' company.slug %}": PEOPLE},
    "licensing/people/invitation.html": {"{{ invitation_url }}": ENTRANCE},
    "licensing/activation/company.html": {"{% url 'activation:new-company' activation.pk %}": PLAIN},
    "licensing/activation/handed.html": {"{{ request.path }}": PLAIN},
    "licensing/activation/review.html": {
        "{% url 'activation:review' activation.pk %}": "chooses a company in the wizard: a test of its own",
        "{% url 'activation:hand-over' activation.pk %}": PLAIN,
    },
    "licensing/activation/start.html": {
        "{% url 'activation:start' %}{% if query %}?{{ query }}{% endif %}": "begins an activation"
    },
    "licensing/activation/status.html": {
        "{{ request.path }}": "asks by itself, every second",
        "{% url 'activation:look-again' activation.pk %}": PLAIN,
    },
    "licensing/company_chooser.html": {"{% url 'licensing:companies' %}": "narrows by itself: without scripts a plain form"},
    "licensing/keep_using.html": {"{{ keep_using_url }}": "asks by itself, once"},
    "licensing/license.html": {
        "{{ code.url }}": "reveals a code: a test of its own",
        "{{ code.license_url }}": "reveals a code: a test of its own",
    },
    "licensing/license_information.html": {
        "{{ page_url }}": "searches licenses",
        "{{ column.url }}": "sorts licenses",
    },
    "desk/import.html": {"": DESK},
    "desk/imports.html": {"": DESK},
    "licensing/notices.html": {
        "{% url 'licensing:read-notices' company.slug %}": PLAIN,
        "{% url 'licensing:read-notice' company.slug each.id %}": PLAIN,
    },
    "licensing/order_code.html": {"{{ code.url }}": "reveals a code: a test of its own"},
    "credits/customers.html": {"{{ address.path }}": "searches one's customers"},
    "credits/threshold.html": {"{% url 'credits:threshold' company.slug customer.company.slug %}": PLAIN},
    "licensing/provider_access.html": {"{% url 'licensing:provider-access' company.slug %}": PLAIN},
    "licensing/provider_viewers.html": {"{% url 'licensing:provider-viewers' company.slug %}": PLAIN},
    "licensing/company_settings/page.html": {
        f"{{{{ settings_url }}}}#settings-{part}": PLAIN for part in ("name", "zone", "factor", "notices")
    },
    "licensing/company_settings/tenants.html": {"{{ tenants_url }}": PLAIN, "{{ each.sign_in_url }}": PLAIN},
    "licensing/company_settings/join.html": {"{% url 'join' %}": PLAIN},
    "licensing/report_a_figure.html": {"{% url 'licensing:report-figure' company.slug %}": PLAIN},
    "includes/viewing.html": {"{% url 'desk:end-view' %}": DESK},
    "desk/view_as.html": {"{% url 'desk:view-as' customer.slug %}": DESK},
    "licensing/switcher.html": {
        "{% url 'licensing:companies' %}": "chooses a company",
        "{{ rows_url }}": "searches companies: a test of its own",
    },
    "practice/misbehave.html": {"": PLAY},
    "practice/offers.html": {"{% url 'practice:offers' %}": PLAY},
    "practice/purchase.html": {"": PLAY},
    "practice/review.html": {"": PLAY},
    "practice/subscription.html": {
        "{% url 'practice:configure' subscription.pk %}": PLAY,
        "{% url 'practice:recurring' subscription.pk %}": PLAY,
        "{% url 'practice:send-again' call.pk %}": PLAY,
        **{
            f"{{% url 'practice:change' subscription.pk '{each}' %}}": PLAY
            for each in ("users", "plan", "renew", "suspend", "reinstate", "unsubscribe")
        },
    },
}

FORM = re.compile(r"<form\b(?P<attributes>.*?)(?<![%}-])>", re.DOTALL)
ASKS = re.compile(r'hx-(?:get|post|put|patch|delete)="([^"]*)"')


def found_in_templates() -> dict[str, set[str]]:
    """template, or file that joins rows as a template would -> the addresses of its forms and of what htmx asks.

    The admin has conventions of its own.
    """
    found: dict[str, set[str]] = {}
    root = TEMPLATES.parent
    joining = [path for app in ("console", "licensing", "credits") for path in (root / app).rglob("*.py")]
    for path in (*sorted(TEMPLATES.rglob("*.html")), *sorted(joining)):
        is_template = path.suffix == ".html"
        name, text = path.relative_to(TEMPLATES if is_template else root).as_posix(), path.read_text()
        if name.startswith("admin/"):
            continue
        actions = (re.search(r'action="([^"]*)"', each["attributes"]) for each in FORM.finditer(text))
        asked = {*ASKS.findall(text), *(each[1] if each else "" for each in actions)}
        if asked:
            found[name] = asked
    return found
