"""The menu by which a table is exported: `{% export_menu %}`, or `{% export_menu "history" address=export_page %}`.

Loaded everywhere."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.exports.addresses import FORMATS, export_address
from console.templatetags.icons import svg

register = template.Library()


@register.simple_tag(takes_context=True)
def export_url(context: Any, written: str) -> str:
    """The address of the page's own export in a format, for pages without menus."""
    return export_address(context["request"].get_full_path(), written)


@register.simple_tag(takes_context=True)
def export_menu(context: Any, sheet: str = "", *, address: str = "", id: str = "", swaps: bool = False) -> SafeString:
    """Plain links in a `<details>`: they work without scripts and by keyboard. Joined here: a page has several.

    `sheet` is the one exported, empty for the page's own; `address` is the page's own with its filters, where that is not what
    the request asks for; `id` names the menu for a form that swaps other parts of the page, and this with them (hx-select-oob);
    where an answer is a part without the menu's place, `swaps` puts it there.
    """
    request = context["request"]
    as_of = getattr(request, "as_of", None)
    page = address or (as_of.url if as_of else request.get_full_path())
    links = format_html_join(
        "",
        '<a class="menu-item" href="{}" download>{}<span class="export-hint">{}</span></a>',
        ((export_address(page, name, sheet), each.label, each.hint) for name, each in FORMATS.items()),
    )
    return format_html(
        '<details class="menu menu-end export"{}><summary class="btn btn-sm">{}{}</summary>'
        '<div class="menu-list">{}</div></details>',
        format_html(' id="{}"{}', id, SafeString(' hx-swap-oob="true"') if swaps else "") if id else "",
        svg("download", "icon-sm"),
        _("Export"),
        links,
    )
