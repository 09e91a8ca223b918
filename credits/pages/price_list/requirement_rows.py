"""A feature's rows in Credit requirements as HTML: its name spans the rows of its lines. A page has a hundred of them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from credits.pages.price_list.cells import rate_cell, source_cell, valid_from_cell
from credits.pages.price_list.sources import Sources
from credits.reading.price_list_on_day import FeatureRequires, LineOfDay


def requirement_rows(feature: FeatureRequires, sources: Sources, explained: Callable[[object], str]) -> SafeString:
    """`explained` is where a rate is explained, by the name of its figure."""
    first = f' id="feature-{feature.slug}"'
    if not feature.lines:
        none = escape(_("No requirement is listed"))
        return SafeString(
            f'<tr{first}><th scope="row" class="block-wide">{_name(feature)}</th>'
            f'<td colspan="4"><span class="quiet">{none}</span></td></tr>'
        )
    name = f'<th scope="row" class="block-wide" rowspan="{len(feature.lines)}">{_name(feature)}</th>'
    begun, *further = [
        _cells(line, sources, explained(f"credit-requirement.{feature.slug}.{line.slug}")) for line in feature.lines
    ]
    rows = [f"<tr{first}>{name}{begun}</tr>", *(f'<tr class="further-row">{cells}</tr>' for cells in further)]
    return SafeString("\n".join(rows))


def _name(feature: FeatureRequires) -> str:
    parts = [
        f'<span class="row-title">{escape(feature.name)}</span>',
        f'<span class="row-note">{escape(feature.description)}</span>',
    ]
    if feature.help_text:
        parts.append(f'<span class="how-to-count">{escape(feature.help_text)}</span>')
    if feature.prices:
        words = escape(_("Can be billed pay-as-you-go: list prices"))
        parts.append(f'<span class="row-note"><a href="#list-prices-{feature.slug}">{words}</a></span>')
    return "\n".join(parts)


def _cells(line: LineOfDay, sources: Sources, explained: str) -> str:
    unit = escape(line.unit)
    if line.label:
        unit = f'<span class="row-title">{escape(line.label)}</span> <span class="row-note">{unit}</span>'
    else:
        unit = f"<span>{unit}</span>"
    rate = rate_cell(line.rate, free=True, explained=explained)
    return (
        f'<td data-label="{escape(_("Unit"))}"><span>{unit}</span></td>'
        f'<td class="end" data-label="{escape(_("Credits per unit"))}">{rate}</td>'
        f'<td class="nowrap" data-label="{escape(_("Valid from"))}">{valid_from_cell(line.rate.valid_from)}</td>'
        f'<td class="end" data-label="{escape(_("Source"))}">{source_cell(sources.number(line.rate.source))}</td>'
    )
