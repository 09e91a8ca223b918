"""`{% request_id %}`: by which the lines of this request are found in the log. Needs no context: error pages have none."""

from __future__ import annotations

from django import template

from console.logs.under_way import under_way

register = template.Library()


@register.simple_tag
def request_id() -> str:
    found = under_way.get()
    return found.id if found else ""
