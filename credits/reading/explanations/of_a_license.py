"""Figures of one license: its units, the credits that it converts to, and its days left, from the statements about it."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from console.templatetags.formats import credits as written
from console.templatetags.formats import rate as written_rate
from credits.reading.explanations.explanation import Entry, Explanation, Group, Posted, Step, in_groups
from licensing.errors import in_words
from licensing.models import Company, License, LicenseStatement
from licensing.models.licenses.statement import facts_of
from licensing.reading.entries_in_words import withdrawn_in_words
from licensing.rules.license_profile import LicenseFacts, Said


def of_a_license(name: str, pk: int, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    """Two statements: the license with its order, and what was said about it with who said it. None where there is no figure."""
    license = License.objects.for_company(company).known_at(known_at).with_order().filter(pk=pk).first()
    if license is None:
        return None
    said = list(
        LicenseStatement.objects.for_company(company)
        .known_at(known_at)
        .filter(license=license)
        .select_related("act__actor")
        .order_by("recorded_at", "id")
    )
    facts = facts_of(said)[license.pk]
    if facts.withdrawn:
        return None
    if name == "days-left":
        return _days_left(license, facts, on)
    quantity = facts.quantity_on(on)
    if name == "license-credits" and (license.trial or quantity.rate is None):
        return None
    groups = in_groups(_steps_of(name, license, said, company, on))
    order = license.order
    called = order.name or order.product.name
    if name == "license-units":
        title = _("Units of %(name)s") % {"name": called}
        sentence = _("is what was stated for the license and holds on %(day)s.") % {"day": in_words(on)}
        value = quantity.units or 0
    else:
        title = _("Credits of %(name)s") % {"name": called}
        sentence = _("is %(units)s units × %(rate)s credits, rounded up. The license itself is unchanged.") % {
            "units": written(quantity.units or 0),
            "rate": written_rate(quantity.rate),
        }
        counting = facts.credits_on(on)
        if counting != quantity.credits:
            sentence += " " + _("On this day %(counting)s of it count.") % {"counting": written(counting)}
        value = quantity.credits or 0
    return Explanation(f"{name}.{pk}", title, value, sentence, groups=groups)


def _steps_of(name: str, license: License, said: list[LicenseStatement], company: Company, on: date) -> list[Posted]:
    """By how much each statement changed what holds on the day: in the order recorded, so that they sum to it."""
    number, named = license.order.external_id, license.order.name or license.product.name
    group = Group("license", str(license.pk), named, (), note=number, order=number)
    found, before, so_far = [], 0, []
    for row in said:
        so_far.append(row.said)
        held = _held(so_far, on)
        if held is None:
            continue
        after = (held.units if name == "license-units" else held.credits) or 0
        if after == before:
            continue
        act = row.act
        entry = Entry(
            id=row.pk,
            day=row.effective_on,
            change=after - before,
            why=act.note_shown or _what(row),
            by=act.by_whom,
            recorded_at=row.recorded_at,
            late=company.day_of(row.recorded_at) > row.effective_on,
            units=held.units,
            rate=held.rate if name == "license-credits" else None,
            license_id=license.pk,
            converted=license.product.kind == "seats" and name == "license-credits",
            statement_id=row.pk,
        )
        found.append(Posted(group, entry))
        before = after
    return found


def _what(row: LicenseStatement) -> str:
    return withdrawn_in_words(row.act) if row.kind == LicenseStatement.Kind.WITHDRAWN else str(row.get_kind_display())


def _held(said: list[Said], on: date) -> Said | None:
    facts = LicenseFacts(tuple(said))
    return facts.quantity_on(on) if facts.quantities else None


def _days_left(license: License, facts: LicenseFacts, on: date) -> Explanation:
    days = (facts.expires_on - on).days
    return Explanation(
        f"days-left.{license.pk}",
        _("Days left of %(name)s") % {"name": license.order.name or license.product.name},
        days,
        _("days from the day shown to the expiration date, the first day that does not count; the last valid day is %(day)s.")
        % {"day": in_words(facts.last_day)},
        check="days",
        steps=(Step(_("Day shown"), on), Step(_("Expiration date"), facts.expires_on)),
    )
