"""Cells of the price list as HTML: a rate, the day it holds from, its source. Joined here: a page has hundreds of them."""

from __future__ import annotations

from datetime import date
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.templatetags.formats import day as day_in_words
from console.templatetags.formats import rate as rate_in_words
from credits.reading.price_list_on_day import RateOfDay


def rate_cell(rate: RateOfDay, *, free: bool = False, explained: str = "") -> SafeString:
    """A rate, with what is known to follow; `free` says that a rate of 0 makes it free, `explained` is where it is explained."""
    if rate.rate is None:
        shown = f'<span class="quiet">{escape(_("No rate"))}</span>'
    elif free and not rate.rate:
        shown = f'<data class="strong" value="0">{escape(_("Free"))}</data>'
    else:
        shown = f'<data class="strong" value="{rate.rate}">{rate_in_words(rate.rate)}</data>'
    if explained and rate.rate is not None:
        shown = f'<a class="explains" href="{explained}">{shown}</a>'
    notes = []
    if rate.ended_on:
        notes.append(_("no longer offered since %(day)s") % {"day": day_in_words(rate.ended_on)})
    if rate.ends_on:
        notes.append(_("offered until %(day)s") % {"day": day_in_words(rate.ends_on)})
    if rate.next_rate is not None:
        notes.append(_("%(next)s from %(day)s") % {"next": rate_in_words(rate.next_rate), "day": day_in_words(rate.next_from)})
    written = "".join(f' <span class="row-note">{escape(note)}</span>' for note in notes)
    return SafeString(f"<span>{shown}{written}</span>")


def valid_from_cell(valid_from: date | None) -> SafeString:
    if valid_from is None:
        return SafeString(f'<span class="quiet">{escape(_("Not listed"))}</span>')
    return SafeString(day_in_words(valid_from))


def source_cell(number: int | None) -> SafeString:
    """The number of a source, as a link to where it is written out."""
    if number is None:
        return SafeString(f'<span class="quiet">{escape(_("None"))}</span>')
    hidden = f'<span class="visually-hidden">{escape(_("Source"))} </span>'
    return SafeString(f'<a class="source-link" href="#source-{number}">{hidden}{number}</a>')
