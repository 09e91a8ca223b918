"""What every page of the workbench shows around itself: where else to go, and the one search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Entry:
    """As the frame's sidebar wants it."""

    label: str
    url: str
    icon: str
    active: bool


SECTIONS = {
    "home": (gettext_lazy("Workbench"), "desk:home", "layout-grid"),
    "customers": (gettext_lazy("Customers"), "desk:customers", "building"),
    "purchases": (gettext_lazy("Purchases"), "desk:purchases", "receipt"),
    "imports": (gettext_lazy("Imports"), "desk:imports", "file-import"),
    "marketplaces": (gettext_lazy("Marketplaces"), "support:marketplaces", "plug-connected"),
    "records": (gettext_lazy("Records"), "admin:index", "file-text"),
    "health": (gettext_lazy("Health"), "desk:health", "chart-line"),
    "staff": (gettext_lazy("Staff"), "desk:staff", "users"),
    "vendor": (gettext_lazy("Vendor"), "desk:vendor", "palette"),
}
"""Word, address, icon."""


def desk_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, section: str, status: int = 200
) -> HttpResponse:
    """A page of the workbench: `template` extends desk/base.html; `section` is a key of SECTIONS, or empty."""
    return TemplateResponse(request, template, {"navigation": sections(section), **(context or {})}, status=status)


def sections(active: str) -> list[Entry]:
    """The sidebar; `active` is a key of SECTIONS, or empty for a page of none."""
    return [Entry(str(word), reverse(url), icon, name == active) for name, (word, url, icon) in SECTIONS.items()]
