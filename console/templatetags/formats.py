"""How figures and days are written. The only place: views and templates pass numbers and dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from console.contacts import address_of_contact
from console.status_message import StatusMessage, status_message_of

register = template.Library()

register.filter(address_of_contact)

MINUS = "\N{MINUS SIGN}"


@register.filter
def credits(value: int) -> str:
    """1,250 or −1,250."""
    return f"{value:,}".replace("-", MINUS)


@register.filter
def signed(value: int) -> str:
    """+1,250, −1,250 or 0."""
    return credits(value) if value <= 0 else f"+{value:,}"


@register.filter
def rate(value: Decimal | None) -> str:
    """Exact, without trailing zeros: 1,100 or 0.2."""
    if value is None:
        return ""
    return f"{value.normalize():,f}"


@register.filter
def amount(value: int | Decimal) -> str:
    """Whole numbers as credits are written, others exactly: 1,250, −1,250, 0.2."""
    return rate(value).replace("-", MINUS) if isinstance(value, Decimal) else credits(value)


@register.filter
def change(value: int | Decimal) -> str:
    """The same with its sign: +1,250, −1,250 or 0."""
    return f"+{amount(value)}" if value > 0 else amount(value)


@register.filter
def percent(value: Decimal | None) -> str:
    """82.1%."""
    return "" if value is None else f"{value:,}%"


@register.filter
def day(value: date | None) -> str:
    """Nov 20, 2026."""
    return "" if value is None else day_as(value, "M j, Y")


def day_as(value: date, pattern: str) -> str:
    """A day by a pattern of Django's `date` filter."""
    return _day_as(value, pattern, get_language())


@lru_cache(4096)  # a page writes the same few days over and over
def _day_as(value: date, pattern: str, language: str | None) -> str:
    return date_format(value, pattern)


@register.filter
def moment(value: datetime | None, whose: Any = None) -> SafeString:
    """Nov 20, 2026, 17:54 Asia/Singapore: an instant, never without the zone that it is told in.

    `whose` is a company, for its zone at that instant, or a zone; without either it is UTC.
    """
    if value is None:
        return SafeString("")
    zone = zone_for(value, whose)
    told = value.astimezone(zone)
    # A narrow cell may break before the zone, not within the time.
    written = format_html('<span class="nowrap">{}</span> {}', date_format(told, "M j, Y, H:i"), zone_name(zone))
    return format_html('<time datetime="{}">{}</time>', told.isoformat(), written)


@register.filter
def moment_of_row(value: datetime, whose: Any) -> SafeString:
    """Nov 20, 2026, 17:54: the same in a column whose head names the zone."""
    told = value.astimezone(zone_for(value, whose))
    return format_html('<time datetime="{}">{}</time>', told.isoformat(), date_format(told, "M j, Y, H:i"))


@register.filter
def zone_of(whose: Any, value: datetime) -> str:
    """The zone in which a company's instants are told, by its name."""
    return zone_name(zone_for(value, whose))


def moment_in_words(value: datetime, zone: tzinfo = UTC) -> str:
    return f"{date_format(value.astimezone(zone), 'M j, Y, H:i')} {zone_name(zone)}"


@register.filter
def zone_name(zone: tzinfo) -> str:
    """Asia/Ho Chi Minh."""
    return str(zone).replace("_", " ")


def zone_for(value: datetime, whose: Any) -> tzinfo:
    zone: tzinfo = whose.zone_at(value) if hasattr(whose, "zone_at") else whose or UTC
    return zone


@register.simple_tag
def figure(name: str, value: Any, shown: str = "") -> SafeString:
    """A figure people's tools can read: its exact value beside what is shown. `shown` replaces the usual writing."""
    return format_html('<span data-figure="{}"><data value="{}">{}</data></span>', name, value, shown or _written(value))


@register.simple_tag(takes_context=True)
def explained(context: Any, name: str, value: Any, key: Any = "") -> SafeString:
    """A figure that leads to its explanation, of the day shown; `key` is what tells it from others of its name, as of a row."""
    return format_html(
        '<span data-figure="{}"><a class="explains" href="{}{}{}/{}"><data value="{}">{}</data></a></span>',
        name,
        context.get("explain_base", ""),
        name,
        f".{key}" if key != "" else "",
        context["as_of"].query if context.get("as_of") else "",
        value,
        _written(value),
    )


def _written(value: Any) -> str:
    return percent(value) if isinstance(value, Decimal) else credits(value)


@register.filter
def as_status_message(message: Message) -> StatusMessage | None:
    """What `console.status_message.tell` kept; None for another message."""
    return status_message_of(message)
