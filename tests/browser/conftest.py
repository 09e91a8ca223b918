"""A server with the demo companies, told once for all the tests of a worker, and people who look at it.

The tests share its data, so each that writes has a company or a feature of its own, and none expects figures that another
changes. Their modules are marked `SERVED` or `SERVED_PAGES`: with pytest-xdist two workers may run them at once, each against
a server and a database of its own. Which mark a module has is a matter of time alone: the halves take about as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from console.models import Actor, ReasonKind, User, Why
from credits.acts.planning.keep_scenario import keep_scenario
from credits.demo.loading import load_demo
from credits.models import CreditRate, Offering
from credits.tasks import look_for_support
from licensing.acts.companies.report_figure import report_figure
from licensing.acts.companies.set_roles import set_roles
from licensing.imports.file_of_a_run import ask_to_import, keep_file
from licensing.models import Company, ImportRun, Product
from licensing.tasks import import_rows
from tests.factories import SYSTEM, allocate, make_company, make_license, make_product, make_user, new_key

SERVED = [pytest.mark.xdist_group("browser"), pytest.mark.django_db(transaction=True)]
SERVED_PAGES = [pytest.mark.xdist_group("pages in the browser"), pytest.mark.django_db(transaction=True)]
"""The modules that go through many pages and look at each: together they take as long as those that press and write."""

VIEWER, MANAGER, OWNER = "viewer@aster.example", "manager@aster.example", "owner@aster.example"
PROVIDER = "owner@delta.example"
"""Owner of Delta; may do nearly everything in Aster and Borealis."""
SUPPORT = "support@allotment.example"
STRAINED = "owner@strained.example"
"""Owner of the company whose every name is as long as a name may be, without a space, and of one that has a single license."""
EVERYWHERE = "owner@many.example"
"""Owner of Cobalt and of the companies that are added to the demo."""
ASTER = "/companies/aster/credits/annual/"

PATIENCE = 20_000
"""Milliseconds until a condition that never comes true is a failure; a busy machine needs some of them."""
expect.set_options(timeout=PATIENCE)


@dataclass
class Site:
    url: str
    today: date
    visitors: dict[Any, Visitor] = field(default_factory=dict)
    left: list[Page] = field(default_factory=list)
    """Not used again. Chromium may never close a page that is still on its way to the next: each is closed a test later."""

    def close_left(self) -> None:
        for page in self.left:
            page.close()
        self.left.clear()

    def cookies_of(self, email: str) -> list[Any]:
        """Signed in without the form: what the sign-in page itself does has tests of its own."""
        client = Client()
        client.force_login(User.objects.get(email=email))
        return [{"name": name, "value": morsel.value, "url": self.url} for name, morsel in client.cookies.items()]


@pytest.fixture(autouse=True)
def _django_db_helper(site: Site) -> None:
    """In place of pytest-django's, which would empty the database after each test: here `site` does so after the last."""


@pytest.fixture(scope="package")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker, browser: Browser) -> Iterator[Site]:
    with django_db_blocker.unblock():
        try:
            call_command("load_catalogue", "--reference", verbosity=0)
            today = load_demo(timezone.now())[1].today
            _add_companies_the_demo_lacks(today)
            server = LiveServer("localhost")
            server._live_server_modified_settings.enable()
            site = Site(server.url, today)
            try:
                yield site
            finally:
                site.close_left()
                for visitor in site.visitors.values():
                    visitor.context.close()
                server.stop()
                server._live_server_modified_settings.disable()
        finally:
            call_command("flush", verbosity=0, interactive=False)
            connection.close()


def _add_companies_the_demo_lacks(today: date) -> None:
    """One that has nothing, one with more licenses than a page holds, one that uses every offering; a person without any."""
    make_company(name="Imports", slug="imports", business_id="B-IMPORTS")
    empty = make_company(name="Empty Fields", slug="empty", time_zone="Europe/Berlin")
    many = make_company(
        name="Many Small Orders Trading and Logistics Holding International", slug="many", time_zone="Europe/Berlin"
    )
    product = make_product(sku="SMALL", name="Credits in small packs")
    for number in range(52):
        make_license(company=many, today=today, product=product, external_id=f"SMALL-{number:03}", units=number + 1)
    seats = Product.objects.get(sku="EP-CORE")
    make_license(company=many, today=today, product=seats, external_id="SEATS", units=100)
    all_offerings = make_company(name="Seventeen & Sons", slug="seventeen", time_zone="Europe/Berlin")
    make_license(company=all_offerings, today=today, product=product, external_id="ALL", units=200_000)
    for offering in Offering.objects.all():
        rate = (
            CreditRate.objects.filter(line__feature__offering=offering, credits_per_unit__gt=0)
            .select_related("line__feature")
            .first()
        )
        if rate:
            allocate(all_offerings, rate.line, ceil(8_000 / rate.credits_per_unit), today=today)
    owner = make_user(email=EVERYWHERE, name="Bartholomew Featherstonehaugh-Cholmondeley")
    for company in (empty, many, all_offerings, Company.objects.get(slug="cobalt")):
        set_roles(company, user=owner, roles=["owner"], by=SYSTEM, key=new_key())
    make_user(email="nobody@nowhere.example", name="Noor Haddad")
    _add_what_strains_the_pages(today)
    _add_what_support_looks_at(today)


def _add_what_strains_the_pages(today: date) -> None:
    """Names of 150 letters, figures of 10^12 credits, forty events on one day; and a company with one license alone."""
    long = [
        f"{word}{'x' * 150}"[:150] for word in ("Donaudampfschifffahrt", "Rindfleischetikettierung", "Kraftfahrzeughaftpflicht")
    ]
    strained = make_company(name=long[0], slug="strained", time_zone="America/Argentina/ComodRivadavia")
    large = make_product(sku="LARGE", name=long[1], rate=1_000)
    ago = today - timedelta(days=40)
    make_license(company=strained, today=ago, product=large, name=long[2], external_id="L" * 60, units=10**9)
    for number in range(20):
        make_license(company=strained, today=ago, product=large, external_id=f"SAME-DAY-{number}", units=number + 1, name=long[2])
    rates = CreditRate.objects.filter(credits_per_unit__gte=1).select_related("line").order_by("line__id").distinct("line__id")
    for each in list(rates)[:20]:
        allocate(strained, each.line, min(10**9, 10**11 // ceil(each.credits_per_unit)), today=ago)
    for number, word in enumerate(long):
        units = {each.line.pk: number + 1 for each in list(rates)[number:20]}
        keep_scenario(strained, name=word[:80], units=units, today=today, by=SYSTEM, key=new_key())
    single = make_company(name="Single", slug="single", time_zone="Europe/Berlin")
    make_license(company=single, today=today, product=large, units=1, external_id="SINGLE")
    owner = make_user(email=STRAINED, name=long[0])
    for company in (strained, single):
        set_roles(company, user=owner, roles=["owner"], by=SYSTEM, key=new_key())


def _add_what_support_looks_at(today: date) -> None:
    """A reported figure, what the hourly job finds, a case, a member of staff, a file of each end: wrong, checked, imported."""
    owner = User.objects.get(email=EVERYWHERE)
    cobalt = Company.objects.get(slug="cobalt")
    page = "/companies/cobalt/credits/annual/"
    said = {"figure": "Current balance", "words": "It was another one yesterday.", "key": new_key()}
    with override_settings(SUPPORT_CONTACT="help@allotment.example"):
        report_figure(cobalt, page=page, day=today, seen_at=timezone.now(), by=Actor.person(owner), **said)
    look_for_support(int(timezone.now().timestamp()))
    undone = make_company(name="Undone", slug="undone")
    make_license(company=undone, today=today, product=Product.objects.get(sku="SMALL"), external_id="UNDONE", units=50_000)
    line = CreditRate.objects.filter(credits_per_unit__gte=1).select_related("line").earliest("line__id").line
    allocate(undone, line, 3, today=today, reason=Why("Asked for.", ReasonKind.CUSTOMER_ASKED, "CS-UNDONE"))
    make_user(email="agent@allotment.example", name="Kraftfahrzeughaftpflicht Featherstonehaugh", is_staff=True)
    kept = import_of_orders(today, "B-IMPORTS", "right.csv")
    import_of_orders(today, "NOBODY", f"{'w' * 120}.csv")
    import_of_orders(today, "B-IMPORTS", "checked.csv", order="IMPORTED-2")
    ask_to_import(kept, by=User.objects.get(email=SUPPORT))
    import_rows(str(kept.pk))


def import_of_orders(today: date, business_id: str, name: str, order: str = "IMPORTED-1") -> ImportRun:
    """A file of one order, looked at."""
    term = f"{today},{today + timedelta(days=300)}"
    text = f"company,order_reference,product,units,starts_on,last_day\n{business_id},{order},SMALL,500,{term}\n"
    run = keep_file("orders", name, ContentFile(text.encode()), by=User.objects.get(email=SUPPORT))
    import_rows(str(run.pk))
    run.refresh_from_db()
    return run


# --- People who look


@dataclass
class Tab:
    """A page, and everything it complained about but for what a test provokes: statuses, and words of other complaints."""

    page: Page
    site: str
    expects: tuple[int | str, ...] = ()
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self.console)
        self.page.on("pageerror", lambda error: self.complain(f"error: {error}"))
        self.page.on("request", self.request)
        self.page.on("requestfailed", self.failed)
        self.page.on("response", self.response)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complain(f"console {message.type}: {message.text}")

    def request(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.complain(f"asks somebody else: {request.url}")

    def failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # replaced by a later one, or left behind with its page
            self.complain(f"failed: {request.failure} {request.url}")

    def response(self, response: Response) -> None:
        if response.status >= 400:
            self.complain(f"status of {response.status} of {response.url}")

    def complain(self, words: str) -> None:
        if not any((f"status of {each} " if isinstance(each, int) else each) in words for each in self.expects):
            self.problems.append(words)


@dataclass
class Visitor:
    """A person's browser, with the tabs that no test uses at the moment: a new one costs as much as a small test."""

    context: BrowserContext
    idle: list[Tab] = field(default_factory=list)

    def tab(self, site: str) -> Tab:
        return self.idle.pop() if self.idle else Tab(self.context.new_page(), site)


REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) => console.error(
  `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
"""

ASKS_ONLY_WHERE_TESTED = """
addEventListener('beforeunload', (event) => { if (!window.asksOnLeaving) event.stopImmediatePropagation(); });
"""
"""Chromium at times never closes or leaves a page that asks whether to: neither has an end of its own, so the run had none."""

Visit = Callable[..., Page]
AS_USUAL: dict[str, Any] = {
    "media": "screen",
    "color_scheme": "light",
    "forced_colors": "none",
    "reduced_motion": "reduce",  # pages that scroll and fade gently take half a second each
}


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Open an address as a person; when the test is over, nobody's page may have complained.

    Tests of one person share their session; `alone=True` gives a session that may be ended.
    """
    used: list[tuple[Visitor, Tab]] = []
    alone_here: list[Visitor] = []

    def open_page(
        path: str,
        person: str = "",
        *,
        javascript: bool = True,
        touch: bool = False,
        alone: bool = False,
        expects: tuple[int | str, ...] = (),
        viewport: tuple[int, int] = (1440, 900),
        **media: Any,
    ) -> Page:
        key = (person, javascript, touch)
        visitor = None if alone else site.visitors.get(key)
        if visitor is None:
            context = browser.new_context(base_url=site.url, java_script_enabled=javascript, has_touch=touch)
            context.set_default_timeout(PATIENCE)
            context.add_init_script(REPORT_VIOLATIONS)
            context.add_init_script(ASKS_ONLY_WHERE_TESTED)
            if person:
                context.add_cookies(site.cookies_of(person))
            visitor = Visitor(context)
            if alone:
                alone_here.append(visitor)
            else:
                site.visitors[key] = visitor
        tab = visitor.tab(site.url)
        tab.expects, tab.problems = expects, []
        used.append((visitor, tab))
        page = tab.page
        page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
        page.emulate_media(**{**AS_USUAL, **media})
        page.goto(path)
        if javascript:
            settle(page)
        return page

    yield open_page
    problems = [problem for _, tab in used for problem in tab.problems]
    site.close_left()
    for visitor, tab in used:
        if visitor in alone_here:
            continue
        if tab.expects:
            site.left.append(tab.page)  # what it says late of an answer that was expected here would be somebody else's complaint
        else:
            tab.page.unroute_all()
            visitor.idle.append(tab)
    for visitor in alone_here:
        visitor.context.close()
    assert problems == []


def settle(page: Page) -> None:
    """Wait until fonts are there: the charts stand in the page, and plotly comes at the first touch."""
    page.wait_for_function("() => document.fonts.status === 'loaded'")


@contextmanager
def replaced(page: Page, selector: str) -> Iterator[None]:
    """Wait until what is done within has brought another element in place of this one.

    The answer has come long before: what is typed until then would go into the old element, and be lost with it.
    """
    page.locator(selector).evaluate("element => { element.isOld = true; }")
    yield
    page.wait_for_function(
        """selector => {
          const found = document.querySelector(selector);
          return found && !found.isOld && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling');
        }""",
        arg=selector,
    )


@pytest.fixture
def company(site: Site) -> Callable[[str], Company]:
    return lambda slug: Company.objects.get(slug=slug)
