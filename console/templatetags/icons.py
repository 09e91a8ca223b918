"""Icons: `{% icon name %}` where the name is a variable. Loaded everywhere; `includes/icon.html` is the same by its file."""

from __future__ import annotations

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@cache
def svg(name: str, css_class: str = "") -> SafeString:
    """One of the symbols in static/img/icons.svg; says nothing to a screen reader."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {css_class}" if css_class else "",
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def icon(name: str, **classes: str) -> SafeString:
    """`{% icon each.icon class="icon-sm" %}`."""
    return svg(name, classes.get("class", ""))
