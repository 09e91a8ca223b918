"""Cells of a catalogue file: each reader takes the text of one cell and returns its value, or raises Refused."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

from console.allowed_text import first_refused

LONGEST_SLUG = 60
LONGEST_SKU = 60
LONGEST_HELP = 2000
LAST_CHART_SLOT = 24
RATE_DECIMALS = 6
RATE_LIMIT = Decimal(10) ** 9  # a rate is smaller than this


class Refused(Exception):
    """The sentence that tells what is wrong with a cell and how to correct it."""


def words(longest: int) -> Callable[[str], str]:
    """Words on one line."""

    def read(value: str) -> str:
        return _no_longer_than(longest, _seen(value, lines=False))

    return read


def help(value: str) -> str:
    """Words that may run over several lines; ends of lines become \\n, however the file writes them."""
    return _no_longer_than(LONGEST_HELP, _seen(value.replace("\r\n", "\n").replace("\r", "\n"), lines=True))


def _seen(value: str, *, lines: bool) -> str:
    place = first_refused(value, lines=lines)
    if place is not None:
        what = "begins another line" if place.character == "\n" else "cannot be seen"
        where = f" of its line {place.line}" if place.line > 1 else ""
        raise Refused(f"has {place.name}, which {what}, as character {place.number}{where}. Remove it.")
    return value


def _no_longer_than(longest: int, value: str) -> str:
    if len(value) > longest:
        raise Refused(f"has {len(value):,} characters; at most {longest:,} are allowed. Shorten it.")
    return value


def slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise Refused(f'"{value}" is not a slug. Use lower-case letters a to z, digits and single hyphens, as in "email-sensor".')
    return _no_longer_than(LONGEST_SLUG, value)


def sku(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise Refused(f'"{value}" is not a SKU. Use letters, digits, dots, hyphens and underscores, as in "EP-CORE".')
    return _no_longer_than(LONGEST_SKU, value)


def chart_slot(value: str) -> int:
    # No leading zeros, so that "1" and "01" cannot both be given out.
    if not re.fullmatch(r"[1-9][0-9]?", value) or int(value) > LAST_CHART_SLOT:
        raise Refused(f'"{value}" is not a chart slot. Use a whole number from 1 to {LAST_CHART_SLOT}.')
    return int(value)


def rate(value: str) -> Decimal:
    """An exact decimal of zero or more: a rate in credits, or a price."""
    if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", value):
        raise Refused(f'"{value}" is negative. Use zero or more.')
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        raise Refused(f'"{value}" is not a number. Use digits and at most one decimal point, as in 1250 or 0.05.')
    number, _, decimals = value.partition(".")
    if len(decimals) > RATE_DECIMALS:
        raise Refused(f'"{value}" has {len(decimals)} decimals; at most {RATE_DECIMALS} are kept. Round it yourself.')
    # Judged by its digits first: a cell of a thousand digits need not become a number to be refused.
    if len(number.lstrip("0")) > 9:
        raise Refused(f'"{value[:30]}" is too large. Use a number below {RATE_LIMIT:,}.')
    return Decimal(value)


def day(value: str) -> date:
    try:
        # fromisoformat alone would also take 20200101 and 2020-W01-3.
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Refused(f'"{value}" is not a date. Write year-month-day, as in 2020-01-31.')


def currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise Refused(f'"{value}" is not a currency code. Use three capital letters, as in USD.')
    return value


def web_address(value: str) -> str:
    # The page turns this into a link, so nothing but the two web schemes may pass.
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value
    except ValueError:
        usable = False
    if not usable:
        raise Refused(f'"{value}" is not a web address. Write it in full, as in https://console.example/apps/email.')
    return words(200)(value)


def one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise Refused(f'"{value}" is not known here. Use one of: {", ".join(allowed)}.')
        return value

    return read
