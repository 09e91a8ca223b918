"""What the support desk shows of orders, licenses and the journal; one statement a table unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from console.admin import Table, link_to, list_url, table_of
from console.models import Act
from console.templatetags.formats import moment_in_words
from licensing.errors import in_words
from licensing.models import Company, CompanyTimeZone, License, LicenseEntry, LicenseStatement, Membership, Order
from licensing.pages.license_information.rows import STATUS_LABELS
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.license_status import status_on


def at(instant: datetime) -> str:
    """In UTC, named, as everywhere in the admin: one page of it may tell of companies in several zones."""
    return moment_in_words(instant)


def as_statement(statement: LicenseStatement) -> str:
    """What a statement says, in a few words."""
    parts = []
    if statement.units is not None:
        parts.append(
            _("%(units)s units, %(credits)s credits") % {"units": f"{statement.units:,}", "credits": f"{statement.credits:,}"}
        )
    if statement.every_day:
        parts.append(_("for every day"))
    if statement.total_units is not None:
        parts.append(_("%(units)s units in all") % {"units": f"{statement.total_units:,}"})
    if statement.starts_on and statement.expires_on:
        last = statement.expires_on - timedelta(days=1)
        parts.append(_("%(first)s to %(last)s") % {"first": in_words(statement.starts_on), "last": in_words(last)})
    if statement.state:
        parts.append(statement.get_state_display())
    return "; ".join(parts)


def today_of(company: Company) -> date:
    """The company's calendar day now."""
    return company.day_of(timezone.now())


def give_zones(companies: Iterable[Company]) -> None:
    """Read the zones of many companies at once, so that each knows its day. One statement."""
    found: dict[int, list[dict[str, str]]] = {company.pk: [] for company in companies}
    for row in CompanyTimeZone.objects.filter(company__in=list(found)).order_by("id"):
        found[row.company_id].append({"at": row.effective_at.isoformat(), "zone": row.time_zone})
    for company in companies:
        company.__dict__["zone_rows"] = found[company.pk]


def licenses_today(title: str, licenses: list[License], facts: dict[int, LicenseFacts], today: date) -> Table:
    """Licenses as of a day, from facts already read."""
    rows = []
    for license in licenses:
        said = facts[license.pk]
        quantity = said.quantity_on(max(today, said.issued.day))
        rows.append(
            [
                link_to(license, license.pk),
                STATUS_LABELS[status_on(said, today)],
                license.get_kind_display(),
                str(license.product),
                quantity.units or 0,
                said.credits_on(today),
                in_words(said.starts_on),
                in_words(said.last_day),
            ]
        )
    return Table(
        title,
        [
            _("License"),
            _("Status"),
            _("Kind"),
            _("Product"),
            _("Units"),
            _("Valid credits today"),
            _("Start"),
            _("Last valid day"),
        ],
        rows,
        empty=_("None: nobody has activated the order."),
    )


def order_today(order: Order) -> Table:
    """The licenses of an order as of today. Three statements, however many there are."""
    if order.company is None:
        return licenses_today(_("As it stands today"), [], {}, date.min)
    licenses = list(License.objects.of_order(order).select_related("product").order_by("id"))
    facts = LicenseStatement.objects.for_company(order.company).facts_by_license(licenses)
    today = today_of(order.company)
    return licenses_today(_("As it stands on %(day)s") % {"day": in_words(today)}, licenses, facts, today)


def license_today(license: License) -> Table:
    """One license as of today. Two statements."""
    facts = LicenseStatement.objects.for_company(license.company).facts_by_license([license])
    today = today_of(license.company)
    return licenses_today(_("As it stands on %(day)s") % {"day": in_words(today)}, [license], facts, today)


def statements(found: Any, more_url: str) -> Table:
    rows = found.select_related("act", "license__product").order_by("-recorded_at", "-id")
    return table_of(
        _("License statements"),
        rows,
        {
            _("Recorded"): lambda row: at(row.recorded_at),
            _("License"): lambda row: link_to(row.license, row.license_id),
            _("Kind"): lambda row: link_to(row, row.get_kind_display()),
            _("Holds from"): lambda row: in_words(row.effective_on),
            _("Says"): as_statement,
            _("Act"): lambda row: link_to(row.act, row.act.name),
        },
        more_url=more_url,
    )


def entries(found: Any, more_url: str) -> Table:
    rows = found.select_related("act", "license__product").order_by("-recorded_at", "-id")
    return table_of(
        _("License entries"),
        rows,
        {
            _("Recorded"): lambda row: at(row.recorded_at),
            _("License"): lambda row: link_to(row.license, row.license_id),
            _("Day"): lambda row: link_to(row, in_words(row.effective_on)),
            _("Change in credits"): lambda row: row.change,
            _("Act"): lambda row: link_to(row.act, row.act.name),
        },
        more_url=more_url,
    )


# --- On an order's page


def statements_of_order(order: Order) -> Table:
    # The company is named too: the index starts with it. An order nobody activated has none, and so no rows.
    found = LicenseStatement.objects.filter(company=order.company_id, license__order=order)
    return statements(found, list_url(LicenseStatement, license__order__id__exact=order.pk))


def entries_of_order(order: Order) -> Table:
    found = LicenseEntry.objects.filter(company=order.company_id, license__order=order)
    return entries(found, list_url(LicenseEntry, license__order__id__exact=order.pk))


# --- On a license's page


def statements_of_license(license: License) -> Table:
    found = LicenseStatement.objects.for_company(license.company).filter(license=license)
    return statements(found, list_url(LicenseStatement, license__id__exact=license.pk))


def entries_of_license(license: License) -> Table:
    found = LicenseEntry.objects.for_company(license.company).filter(license=license)
    return entries(found, list_url(LicenseEntry, license__id__exact=license.pk))


# --- On a company's page


def orders_of_company(company: Company) -> Table:
    rows = Order.objects.filter(Q(company=company) | Q(reserved_for=company)).select_related("product").order_by("-id")
    return table_of(
        _("Orders"),
        rows,
        {
            _("Order"): lambda row: link_to(row, row.external_id),
            _("Channel"): lambda row: row.get_channel_display(),
            _("Product"): lambda row: str(row.product),
            _("Units as bought"): lambda row: row.units,
            _("Activated"): lambda row: at(row.activated_at) if row.activated_at else _("Not yet"),
        },
        more_url=list_url(Order, company__id__exact=company.pk),
    )


def people_of_company(company: Company) -> Table:
    rows = Membership.objects.filter(company=company).select_related("user").order_by("user__email")
    return table_of(
        _("People"),
        rows,
        {
            _("Person"): lambda row: link_to(row.user),
            _("E-mail address"): lambda row: row.user.email,
            _("Roles"): lambda row: link_to(row, row.roles_label),
            _("Active"): lambda row: _("Yes") if row.user.is_active else _("No"),
        },
        more_url=list_url(Membership, company__id__exact=company.pk),
    )


def takes_effect(row: CompanyTimeZone) -> str:
    return _("from the beginning") if row.effective_at.year == 1 else at(row.effective_at)


def zones_of_company(company: Company) -> Table:
    rows = CompanyTimeZone.objects.filter(company=company).order_by("-effective_at")
    return table_of(
        _("Time zones"),
        rows,
        {
            _("Time zone"): lambda row: link_to(row, row.time_zone),
            _("Takes effect"): takes_effect,
        },
        more_url=list_url(CompanyTimeZone, company__id__exact=company.pk),
    )


def acts_of_company(company: Company) -> Table:
    rows = Act.objects.for_company(company).select_related("actor").order_by("-recorded_at")
    return table_of(
        _("Journal"),
        rows,
        {
            _("Recorded"): lambda row: at(row.recorded_at),
            _("Act"): lambda row: link_to(row, row.name),
            _("By"): lambda row: str(row.actor or row.actor_label),
            _("Reason"): lambda row: str(row.why),
            _("Note"): lambda row: row.note or row.unlabelled_note,
        },
        more_url=list_url(Act, company_id__exact=company.pk),
    )


# --- On an act's page: what it wrote


def written_by(act: Act, model: type[Model]) -> Any:
    """The rows of `model` that an act wrote, by the index on their act."""
    return model._default_manager.filter(act=act)


def statements_of_act(act: Act) -> Table:
    return statements(written_by(act, LicenseStatement), list_url(LicenseStatement, act__id__exact=act.pk))


def entries_of_act(act: Act) -> Table:
    return entries(written_by(act, LicenseEntry), list_url(LicenseEntry, act__id__exact=act.pk))


def orders_of_act(act: Act) -> Table:
    return table_of(
        _("Orders"),
        written_by(act, Order).select_related("product").order_by("id"),
        {_("Order"): lambda row: link_to(row), _("Product"): lambda row: str(row.product), _("Units"): lambda row: row.units},
        more_url=list_url(Order, act__id__exact=act.pk),
    )
