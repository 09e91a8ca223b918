"""Links to the pages of a table that holds more than one page does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page


def page_links(page: Page, address_of: Callable[[int], str]) -> dict[str, Any]:
    """What `licensing/pages.html` shows: the way back and on, and the numbers between, "…" where some are left out."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "previous": address_of(page.previous_page_number()) if page.has_previous() else "",
        "next": address_of(page.next_page_number()) if page.has_next() else "",
        "pages": [
            {
                "number": number,
                "url": address_of(number) if isinstance(number, int) else "",
                "current": number == page.number,
            }
            for number in numbers
        ],
    }
