"""Addresses that arrive in other addresses and forms: only those of the company's own pages are followed."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from licensing.models import Company


def page_of_company(address: str, company: Company) -> str:
    """The address, path and query, where it is one of a page below /companies/<slug>/ of this company; else empty. Free.

    Another site, another company and what is no address of the console are all nothing: no link can be made to lead there.
    """
    try:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return ""
        match = resolve(parts.path)
    except (Resolver404, ValueError):
        return ""
    if match.kwargs.get("slug") != company.slug or getattr(match.func, "asks_for", "") != "company":
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
