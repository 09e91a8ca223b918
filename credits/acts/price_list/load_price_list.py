"""Act: load a catalogue folder: offerings, features, lines, products, and the rates that are new or changed.

Lines whose rates change are re-priced from the rate's first day for every company at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from django.db import models

from console.allowed_text import why_refused
from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from credits.acts.price_list.a_rate_is_listed_once import require_rates_listed_once
from credits.acts.price_list.lines_no_longer_listed import RateToAdd, rates_of_lines_that_come_and_go
from credits.acts.price_list.load_report import LoadReport
from credits.acts.price_list.reprice import reprice
from credits.catalogue.files_and_rows import FILES, Catalogue, RequirementRow
from credits.models import CreditRate, CreditRequirement, Feature, Offering, PayAsYouGoPrice, SeatUse
from licensing.access import require_support
from licensing.models import ConversionRate, Product


@as_act(for_all="a price list concerns every company")
def load_price_list(catalogue: Catalogue, *, by: Actor, key: str, correction: bool = False, reason: Reason = "") -> LoadReport:
    """Bring the catalogue to what the folder says; loading it again changes nothing. Support and machines only.

    A rate is listed once for a line and a day: another one is refused, unless the list is said to be a `correction`, with a
    reason; then everything allocated from that day on is re-priced. A line the folder no longer lists keeps its last rate and
    takes no more units from the folder's latest first day on. Re-pricing runs in one set of statements for all companies.
    """
    require_support(by, reason=reason if correction else None)
    _require_visible_texts(catalogue)
    digest = hashlib.sha256(repr(asdict(catalogue)).encode()).hexdigest()
    stated = {"catalogue": digest, **({"correction": True} if correction else {})}
    act = Act.begin("catalogue.load", scope="catalogue", key=key, by=by, reason=reason, stated=stated)
    report = LoadReport()
    if act.done:
        return report
    offerings = _offerings(catalogue, report)
    features = _features(catalogue, offerings, report)
    lines = _lines(catalogue, features, report)
    products = _products(catalogue, report)
    _seat_uses(catalogue, products, lines, report)
    _conversion_rates(act, catalogue, products, report)
    _list_prices(act, catalogue, features, report)
    repriced = _credit_rates(act, catalogue, lines, report, correction)
    reprice(act, repriced, by, report)
    act.finish(added=report.added, changed=report.changed, repriced=report.repriced)
    return report


def _require_visible_texts(catalogue: Catalogue) -> None:
    """The rule of the folder's cells, for a catalogue that was made otherwise. Raises Refused with the row's file."""
    for rows, file in zip((getattr(catalogue, each.name) for each in fields(Catalogue)), FILES, strict=True):
        for name, text in ((each.name, getattr(row, each.name)) for row in rows for each in fields(row)):
            if isinstance(text, str) and (said := why_refused(text, lines=name == "help_text")):
                raise Refused(f"{file}, {name}: {said}")


def _offerings(catalogue: Catalogue, report: LoadReport) -> dict[str, Offering]:
    found = {each.slug: each for each in Offering.objects.all()}
    for row in catalogue.offerings:
        offering = found.setdefault(row.slug, Offering(slug=row.slug))
        _bring_to(offering, "offerings", report, name=row.name, chart_slot=row.chart_slot)
    return found


def _features(catalogue: Catalogue, offerings: dict[str, Offering], report: LoadReport) -> dict[str, Feature]:
    found = {each.slug: each for each in Feature.objects.all()}
    for row in catalogue.features:
        feature = found.setdefault(row.slug, Feature(slug=row.slug))
        _bring_to(
            feature,
            "features",
            report,
            offering_id=offerings[row.offering].pk,
            name=row.name,
            description=row.description,
            switchable=row.billing == "switchable",
            switch_group=row.switch_group,
            app_url=row.app_url,
            help_text=row.help_text,
        )
    return found


def _lines(catalogue: Catalogue, features: dict[str, Feature], report: LoadReport) -> dict[tuple[str, str], CreditRequirement]:
    found = {(each.feature.slug, each.slug): each for each in CreditRequirement.objects.select_related("feature").order_by("pk")}
    first_rows: dict[tuple[str, str], RequirementRow] = {}
    for row in catalogue.requirements:
        first_rows.setdefault((row.feature, row.line), row)
    for position, row in enumerate(first_rows.values()):
        feature = features[row.feature]
        line = found.setdefault((row.feature, row.line), CreditRequirement(feature=feature, slug=row.line))
        _bring_to(line, "requirement lines", report, label=row.label, unit=row.unit, position=position)
    return found


def _products(catalogue: Catalogue, report: LoadReport) -> dict[str, Product]:
    found = {each.sku: each for each in Product.objects.all()}
    for row in catalogue.products:
        product = found.setdefault(row.sku, Product(sku=row.sku))
        _bring_to(product, "products", report, name=row.name, kind=row.kind, unit=row.unit)
    return found


def _seat_uses(
    catalogue: Catalogue,
    products: dict[str, Product],
    lines: dict[tuple[str, str], CreditRequirement],
    report: LoadReport,
) -> None:
    found = {each.product_id: each for each in SeatUse.objects.select_related("product", "line__feature")}
    for row in catalogue.seat_uses:
        product = products[row.sku]
        use = found.get(product.pk) or SeatUse(product=product)
        _bring_to(use, "seat uses", report, line=lines[row.feature, row.line])


def _rates_to_add(found: Iterable[CreditRate], wanted: Iterable[RateToAdd]) -> list[dict[str, Any]]:
    """The rows of `wanted` that do not hold already."""
    holds = {(row.line_id, row.valid_from): (row.credits_per_unit, row.valid_to) for row in found}
    return [
        {"line_id": pk, "valid_from": day, "credits_per_unit": rate, "valid_to": until, "source": source}
        for pk, day, rate, until, source in wanted
        if holds.get((pk, day)) != (rate, until)
    ]


def _conversion_rates(act: ActInProgress, catalogue: Catalogue, products: dict[str, Product], report: LoadReport) -> None:
    holds = {
        (each.product_id, each.valid_from): each.credits_per_unit for each in ConversionRate.objects.order_by("recorded_at", "id")
    }
    for row in catalogue.products:
        product = products[row.sku]
        if row.credits_per_unit is None or holds.get((product.pk, row.valid_from)) == row.credits_per_unit:
            continue
        rate = ConversionRate.objects.create(
            product=product,
            credits_per_unit=row.credits_per_unit,
            valid_from=row.valid_from,
            source=row.source,
            act_id=act.id,
            recorded_at=act.recorded_at,
        )
        report.add("conversion rates", str(rate))


def _list_prices(act: ActInProgress, catalogue: Catalogue, features: dict[str, Feature], report: LoadReport) -> None:
    holds = {
        (each.feature_id, each.unit, each.valid_from): (each.price, each.currency, each.note)
        for each in PayAsYouGoPrice.objects.order_by("recorded_at", "id")
    }
    for row in catalogue.prices:
        feature = features[row.feature]
        if holds.get((feature.pk, row.unit, row.valid_from)) == (row.price, row.currency, row.note):
            continue
        price = PayAsYouGoPrice.objects.create(
            feature=feature,
            unit=row.unit,
            price=row.price,
            currency=row.currency,
            valid_from=row.valid_from,
            note=row.note,
            source=row.source,
            act_id=act.id,
            recorded_at=act.recorded_at,
        )
        report.add("list prices", str(price))


def _credit_rates(
    act: ActInProgress,
    catalogue: Catalogue,
    lines: dict[tuple[str, str], CreditRequirement],
    report: LoadReport,
    correction: bool,
) -> list[CreditRequirement]:
    """Add the rates that do not hold already; returns the lines they change."""
    wanted: list[RateToAdd] = [
        (lines[row.feature, row.line].pk, row.valid_from, row.credits_per_unit, row.valid_to, row.source)
        for row in catalogue.requirements
    ]
    found = list(CreditRate.objects.order_by("recorded_at", "id"))
    if not correction:
        require_rates_listed_once(catalogue, lines, found)
    wanted += rates_of_lines_that_come_and_go(catalogue, lines, found)
    by_id = {each.pk: each for each in lines.values()}
    changed = set()
    for row in _rates_to_add(found, wanted):
        rate = CreditRate(act_id=act.id, recorded_at=act.recorded_at, **row)
        rate.line = by_id[row["line_id"]]
        rate.save()
        changed.add(rate.line_id)
        report.add("credit rates" if rate.credits_per_unit is not None else "lines no longer listed", str(rate))
    return [by_id[pk] for pk in sorted(changed)]


def _bring_to(row: models.Model, rows: str, report: LoadReport, **values: Any) -> None:
    """Save a row that is new or says something else now, and report it."""
    if row.pk is None:
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        report.add(rows, str(row))
        return
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if changed:
        for name in changed:
            setattr(row, name, values[name])
        row.save(update_fields=changed)
        report.change(rows, f"{row}: {', '.join(changed)}")
