"""Orders with their licenses, from lines: the facts that `issue_order` and `activate_order` record, by one statement a slice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.company_in_hand import as_act
from console.errors import DomainError
from console.models import Act, Actor
from licensing import credit_questions
from licensing.acts.days.end_of_a_term import day_after, end_of_term
from licensing.errors import in_words
from licensing.imports.kind import Column, Kind, Line, OfCompany, Slice, companies_named
from licensing.models import ConversionRate, ImportRun, Order, Product
from licensing.rules.units_times_rate import credits_for

COLUMNS = (
    Column("company", gettext_lazy("Business ID of the company that holds it. Empty: nobody does yet."), "HRB 20441"),
    Column("order_reference", gettext_lazy("The number by which the seller knows the order."), "SO-2026-00117", needed=True),
    Column("channel", gettext_lazy("direct or code; empty: direct."), "direct"),
    Column("product", gettext_lazy("SKU of the product, as the catalogue names it."), "CREDITS-DIRECT", needed=True),
    Column("units", gettext_lazy("Units bought, a whole number without separators."), "5000", needed=True),
    Column("name", gettext_lazy("What the buyer calls the order; may be empty."), ""),
    Column("starts_on", gettext_lazy("First day of the term: 2026-01-01. May be empty where nobody holds it yet."), "2026-01-01"),
    Column("last_day", gettext_lazy("Last day of the term, or empty where term_months says how long it is."), "2026-12-31"),
    Column("term_months", gettext_lazy("Whole months, 1 to 120, where no last day is named."), ""),
    Column("renews", gettext_lazy("yes or no: whether it renews by itself. Empty: no."), "no"),
    Column("trial", gettext_lazy("yes or no. A trial adds no credits. Empty: no."), "no"),
    Column(
        "keeps_use",
        gettext_lazy(
            "For seats that pay for a feature: yes allocates its units; no leaves its credits available. "
            "Where the allocations are imported too, write no: they would count twice."
        ),
        "",
    ),
)

ADD = """
WITH act AS (
    SELECT * FROM unnest(%(companies)s::bigint[], %(acts)s::uuid[], %(instants)s::timestamptz[], %(days)s::date[])
                  AS act (company_id, act_id, recorded_at, today)
), line AS MATERIALIZED (
    SELECT nextval('licensing_order_id_seq') AS order_id, nextval('licensing_license_id_seq') AS license_id, act.*, said.*
      FROM (SELECT found, said FROM licensing_importline
             WHERE run_id = %(run)s AND found = ANY(%(companies)s) ORDER BY found, line) AS staged
      JOIN act ON act.company_id = staged.found
     CROSS JOIN LATERAL jsonb_to_record(staged.said) AS said (
           channel text, reference text, product bigint, units bigint, name text, months smallint, starts_on date, last_day date,
           expires_on date, renews boolean, trial boolean, rate numeric, credits bigint)
), bought AS (
    INSERT INTO licensing_order
           (id, channel, external_id, product_id, name, units, term_months, term_starts_on, term_ends_on, renews, trial, goodwill,
            reserved_for_id, company_id, activated_at, transferred_from_id, act_id)
    SELECT order_id, channel, reference, product, name, units, months, starts_on, last_day, renews, trial, false,
           NULL, company_id, recorded_at, NULL, act_id
      FROM line
), issued AS (
    INSERT INTO licensing_license
           (id, company_id, act_id, recorded_at, order_id, kind, product_id, trial, renewal_of_id, top_up_of_id, replaces_id)
    SELECT license_id, company_id, act_id, recorded_at, order_id, 'initial', product, trial, NULL, NULL, NULL
      FROM line
), said AS (
    INSERT INTO licensing_licensestatement
           (company_id, act_id, recorded_at, license_id, kind, effective_on, units, rate, credits, starts_on, expires_on, state,
            every_day, total_units)
    SELECT company_id, act_id, recorded_at, license_id, 'issued', least(today, starts_on), units, rate, credits, starts_on,
           expires_on, '', false, NULL
      FROM line
), posted AS (
    INSERT INTO licensing_licenseentry (company_id, act_id, recorded_at, license_id, effective_on, change)
    SELECT company_id, act_id, recorded_at, license_id, step.day, step.change
      FROM line
     CROSS JOIN LATERAL (VALUES (starts_on, credits), (expires_on, -credits)) AS step (day, change)
     WHERE credits > 0
)
SELECT company_id, count(*) FROM line GROUP BY company_id
"""

CONTRACTS = """
SELECT DISTINCT staged.found
  FROM licensing_importline AS staged
  JOIN licensing_product AS product ON product.id = (staged.said ->> 'product')::bigint
 WHERE staged.run_id = %(run)s AND staged.found = ANY(%(companies)s) AND product.kind = 'pay-as-you-go'
"""

USE = """
SELECT staged.found, bought.id, bought.product_id, bought.units, staged.said ->> 'starts_on', (staged.said ->> 'keeps')::boolean
  FROM licensing_importline AS staged
  JOIN licensing_order AS bought
    ON bought.channel = staged.said ->> 'channel' AND bought.external_id = staged.said ->> 'reference'
 WHERE staged.run_id = %(run)s AND staged.found = ANY(%(companies)s) AND staged.said ->> 'keeps' IS NOT NULL
 ORDER BY staged.found, staged.line
"""

WITHOUT = """
INSERT INTO licensing_order
       (channel, external_id, product_id, name, units, term_months, term_starts_on, term_ends_on, renews, trial, goodwill, act_id)
SELECT said.channel, said.reference, said.product, said.name, said.units, said.months, said.starts_on, said.last_day, said.renews,
       said.trial, false, %(act)s
  FROM licensing_importline AS staged
 CROSS JOIN LATERAL jsonb_to_record(staged.said) AS said (
       channel text, reference text, product bigint, units bigint, name text, months smallint, starts_on date, last_day date,
       renews boolean, trial boolean)
 WHERE staged.run_id = %(run)s AND staged.found IS NULL AND said.channel = %(channel)s
 ORDER BY staged.line
"""

CHANNELS = (Order.Channel.DIRECT.value, Order.Channel.CODE.value)


class Catalogue:
    """Products by their SKU, and the rate of each on a day: read once for some thousand lines."""

    def __init__(self) -> None:
        self.products = {each.sku: each for each in Product.objects.all()}
        self.rates: dict[int, list[tuple[date, Decimal | None]]] = defaultdict(list)
        for product, day, rate in ConversionRate.objects.order_by("-valid_from", "-id").values_list(
            "product", "valid_from", "credits_per_unit"
        ):
            self.rates[product].append((day, rate))
        self.paid_for = credit_questions.products_that_pay_for_a_feature()

    def rate_on(self, product: Product, day: date) -> Decimal | None:
        return next((rate for since, rate in self.rates[product.pk] if since <= day), None)


def read(lines: Sequence[Line]) -> None:
    """Six statements, however many lines."""
    now = timezone.now()
    companies = companies_named(lines, now)
    catalogue = Catalogue()
    for line in lines:
        _read_one(line, companies, catalogue)
    references = {line.said["reference"] for line in lines if line.said}
    recorded = {(each.channel, each.external_id): each for each in Order.objects.filter(external_id__in=references)}
    for line in lines:
        if line.said:
            _compare(line, recorded.get((line.said["channel"], line.said["reference"])), companies)
    _judge_what_is_kept([line for line in lines if line.said and line.said["keeps"]], companies)


def _judge_what_is_kept(lines: Sequence[Line], companies: dict[str, OfCompany]) -> None:
    """Units that are allocated already, by an allocation of their own, would be allocated once more."""
    today = {each.pk: each.today for each in companies.values()}
    days = {line.company: today[line.company] for line in lines if line.company is not None}
    found = credit_questions.allocated_otherwise(days, {line.said["product"] for line in lines if line.said})
    for line in lines:
        if line.said and line.company is not None and (line.company, line.said["product"]) in found:
            line.wrong(
                "keeps_use",
                _("What these seats pay for is allocated already and would count twice. Write no, or lower it first."),
            )


def _read_one(line: Line, companies: dict[str, OfCompany], catalogue: Catalogue) -> None:
    company = companies.get(str(line.cells.get("company") or ""))
    reference = line.text("order_reference", most=100, needed=True)
    channel = line.text("channel").lower() or Order.Channel.DIRECT.value
    if channel not in CHANNELS:
        line.wrong("channel", _("Write direct or code. Purchases of marketplaces come from there by themselves."))
    sku = line.text("product", most=60, needed=True)
    product = catalogue.products.get(sku)
    if sku and product is None:
        line.wrong("product", _("The catalogue has no product “%(value)s”.") % {"value": sku})
    units = line.whole("units", needed=True)
    name = line.text("name")
    starts_on = line.day("starts_on", needed=bool(line.cells.get("company")))
    last_day = line.day("last_day")
    months = line.whole("term_months", most=120)
    renews, trial, keeps = line.choice("renews"), line.choice("trial"), line.choice("keeps_use", otherwise=None)
    if last_day is None and months is None and not line.faults:
        line.wrong("last_day", _("Name the last day of the term, or its months in term_months."))
    if starts_on and last_day and last_day < starts_on:
        line.wrong("last_day", _("The term ends before it starts."))
    pays = product is not None and product.pk in catalogue.paid_for and company is not None and not trial
    if keeps is not None and not pays and keeps:
        line.wrong("keeps_use", _("Only seats that pay for a feature keep a use, once a company holds them. Leave this empty."))
    if keeps is None and pays:
        line.wrong("keeps_use", _("Write yes or no. Where the allocations are imported too, write no: they would count twice."))
    if line.faults or product is None or units is None:
        return
    expires_on, rate, credits = None, None, 0
    if company is not None and starts_on is not None:
        try:
            expires_on = day_after(last_day) if last_day else end_of_term(starts_on, months or 0)
        except DomainError as error:
            line.wrong("last_day" if last_day else "term_months", str(error))
            return
        rate = None if trial else catalogue.rate_on(product, starts_on)
        if rate is not None:
            credits = credits_for(units, rate)
        elif not trial and product.kind != Product.Kind.PAY_AS_YOU_GO:
            what = {"product": sku, "day": in_words(starts_on)}
            line.wrong("starts_on", _("%(product)s has no conversion rate on %(day)s.") % what)
            return
    line.key = f"{channel}:{reference}"
    line.said = {
        "channel": channel,
        "reference": reference,
        "product": product.pk,
        "units": units,
        "name": name,
        "months": months,
        "starts_on": starts_on and starts_on.isoformat(),
        "last_day": last_day and last_day.isoformat(),
        "expires_on": expires_on and expires_on.isoformat(),
        "renews": renews,
        "trial": trial,
        "rate": None if rate is None else str(rate),
        "credits": credits,
        "keeps": keeps if pays else None,
    }


def _compare(line: Line, order: Order | None, companies: dict[str, OfCompany]) -> None:
    """One that is recorded already adds nothing; one that says something else of it is wrong."""
    said = line.said or {}
    if order is None:
        company = companies.get(str(line.cells.get("company") or ""))
        if company is not None and said["expires_on"] <= company.today.isoformat():
            line.wrong("last_day", _("The term is over already: nobody can hold it. Leave the line out."))
        return
    is_there = {
        "company": order.company_id,
        "product": order.product_id,
        "units": order.units,
        "name": order.name,
        "term_months": order.term_months,
        "starts_on": order.term_starts_on and order.term_starts_on.isoformat(),
        "last_day": order.term_ends_on and order.term_ends_on.isoformat(),
        "renews": order.renews,
        "trial": order.trial,
    }
    comes = {**said, "term_months": said["months"], "company": line.company}
    for column, value in is_there.items():
        # What nobody held when it was imported may have been activated since.
        if comes[column] != value and not (column == "company" and comes[column] is None):
            line.wrong(
                column,
                _("Order %(order)s is recorded already with another value. An import changes nothing: use the order's page.")
                % {"order": said["reference"]},
            )
    line.said = None


def write(slice: Slice) -> None:
    """One statement, and what keeping adds."""
    arrays = slice.arrays()
    with connection.cursor() as cursor:
        cursor.execute(ADD, arrays)
        cursor.fetchall()
        cursor.execute(CONTRACTS, arrays)
        contracts = {company for (company,) in cursor.fetchall()}
    for act in slice.acts:
        if act.company.pk in contracts:
            credit_questions.contract_changed(act, slice.today[act.company.pk])
    act_of = {act.company.pk: act for act in slice.acts}
    with connection.cursor() as cursor:
        cursor.execute(USE, arrays)
        brought = [
            credit_questions.Imported(
                act_of[company], order, product, units, max(date.fromisoformat(day), slice.today[company]), keeps
            )
            for company, order, product, units, day, keeps in cursor.fetchall()
        ]
    credit_questions.keep_units_of_many(brought)


@as_act(for_all="an import concerns many companies")
def write_without(run: ImportRun, by: Actor) -> None:
    """Orders that nobody holds yet: an act of each channel."""
    for channel in CHANNELS:
        act = Act.begin("import.rows", scope=f"channel:{channel}", key=f"import:{run.pk}", by=by, stated={"digest": run.digest})
        with connection.cursor() as cursor:
            cursor.execute(WITHOUT, {"run": run.pk, "act": act.id, "channel": channel})
            added = cursor.rowcount
        if added:
            act.finish(kind=run.kind, file=run.digest, lines=added)


ORDERS = Kind(
    name="orders",
    label=gettext_lazy("Orders with licenses"),
    columns=COLUMNS,
    read=read,
    write=write,
    write_without=write_without,
    once=("order_reference", gettext_lazy("Line %(other)s has this order, too.")),
    locks=lambda: [f"channel:{each}" for each in CHANNELS],
)
