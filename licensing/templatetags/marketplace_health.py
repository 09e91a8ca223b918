"""What the support desk's first page says of marketplaces."""

from __future__ import annotations

from django import template

from licensing.health.items import Item
from licensing.health.marketplace_report import health_report

register = template.Library()


@register.simple_tag
def marketplaces_to_mend() -> list[Item]:
    """What is not fine, the worst first. The thirteen statements of the health page."""
    return health_report().to_mend
