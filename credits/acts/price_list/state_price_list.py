"""Act: state a version of the catalogue: offerings, features, lines, products, and the rates that are new or changed.

Companies follow by slices (`reprice.py`); until all have, a row says how far it is.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from django.db import models

from console.allowed_text import why_refused
from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from credits.acts.price_list.load_report import LoadReport
from credits.acts.price_list.one_list_at_a_time import digest_of, is_being_applied
from credits.acts.price_list.rates_to_add import conversion_rates_to_add, credit_rates_to_add
from credits.catalogue.files_and_rows import FILES, Catalogue, RequirementRow
from credits.models import CreditRate, CreditRequirement, Feature, Offering, PayAsYouGoPrice, PriceListRun, SeatUse
from licensing.access import require_support
from licensing.models import ConversionRate, Product


@as_act(for_all="a price list concerns every company")
def state_price_list(
    catalogue: Catalogue, *, by: Actor, key: str, correction: bool = False, reason: Reason = "", label: str = ""
) -> LoadReport:
    """Bring the catalogue to what the folder says; stating it again changes nothing. Support and machines only.

    A rate is listed once for a line and a day: another one is refused, unless the list is said to be a `correction`, with a
    reason; then everything allocated from that day on is re-priced. A line the folder no longer lists keeps its last rate and
    takes no more units from the folder's latest first day on. While a list is being applied another one is refused, the same
    one changes nothing. `label` is what people call the version.
    """
    require_support(by, reason=reason if correction else None)
    _require_visible_texts(catalogue)
    digest = digest_of(catalogue)
    stated = {"catalogue": digest, **({"correction": True} if correction else {})}
    act = Act.begin("catalogue.load", scope="catalogue", key=key, by=by, reason=reason, stated=stated)
    report = LoadReport()
    if act.done:
        return report
    if is_being_applied(digest):
        act.finish(added={}, changed={})
        return report
    offerings = _offerings(catalogue, report)
    features = _features(catalogue, offerings, report)
    lines = _lines(catalogue, features, report)
    products = _products(catalogue, report)
    _seat_uses(catalogue, products, lines, report)
    days = _conversion_rates(act, catalogue, products, report)
    days |= _list_prices(act, catalogue, features, report)
    changed = _credit_rates(act, catalogue, lines, report, correction)
    days |= set(changed.values())
    if changed:
        PriceListRun.objects.create(act_id=act.id, digest=digest, lines=sorted(changed), started_at=act.recorded_at)
    version = {"label": label[:LONGEST_LABEL], "digest": digest, "valid_from": min(days, default=None)}
    act.finish(added=report.added, changed=report.changed, **version)
    return report


LONGEST_LABEL = 150


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
        _bring_to(offering, "offerings", report, name=row.name, chart_slot=row.chart_slot, description=row.description)
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


def _conversion_rates(act: ActInProgress, catalogue: Catalogue, products: dict[str, Product], report: LoadReport) -> set[date]:
    """Add the rates of products that do not hold already; returns the days they hold from."""
    by_id = {each.pk: each for each in products.values()}
    found = ConversionRate.objects.order_by("recorded_at", "id")
    days = set()
    for pk, day, credits, source in conversion_rates_to_add(catalogue, {sku: each.pk for sku, each in products.items()}, found):
        rate = ConversionRate.objects.create(
            product=by_id[pk],
            credits_per_unit=credits,
            valid_from=day,
            source=source,
            act_id=act.id,
            recorded_at=act.recorded_at,
        )
        days.add(day)
        report.add("conversion rates", str(rate))
    return days


def _list_prices(act: ActInProgress, catalogue: Catalogue, features: dict[str, Feature], report: LoadReport) -> set[date]:
    """Add the list prices that do not hold already; returns the days they hold from."""
    days = set()
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
        days.add(row.valid_from)
        report.add("list prices", str(price))
    return days


def _credit_rates(
    act: ActInProgress,
    catalogue: Catalogue,
    lines: dict[tuple[str, str], CreditRequirement],
    report: LoadReport,
    correction: bool,
) -> dict[int, date]:
    """Add the rates that do not hold already; returns the ids of the lines they change, each with its first new day."""
    found = list(CreditRate.objects.order_by("recorded_at", "id"))
    by_id = {each.pk: each for each in lines.values()}
    changed: dict[int, date] = {}
    for pk, day, credits, until, source in credit_rates_to_add(catalogue, lines, found, correction=correction):
        rate = CreditRate(
            line=by_id[pk],
            valid_from=day,
            credits_per_unit=credits,
            valid_to=until,
            source=source,
            act_id=act.id,
            recorded_at=act.recorded_at,
        )
        rate.save()
        changed[pk] = min(day, changed.get(pk, day))
        report.add("credit rates" if rate.credits_per_unit is not None else "lines no longer listed", str(rate))
    return changed


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
