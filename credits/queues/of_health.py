"""What is wrong with the console itself, for the list: the items of the health report that are not fine."""

from __future__ import annotations

from datetime import datetime

from django.utils.text import slugify

from credits.models import DeskItem
from credits.queues.found import Found
from licensing.health.items import Item, State
from licensing.health.marketplace_report import health_report


def subject_of(section: str, item: Item) -> str:
    """By what an item is known from one look to the next; that it becomes worse makes it another one, unread."""
    return f"{item.state}:{slugify(section)}:{slugify(item.label)}"


def of_health(now: datetime) -> list[Found]:
    """The statements of the report."""
    found = []
    for section in health_report(now).sections:
        for item in section.items:
            if item.state is not State.FINE:
                facts = {"section": section.title, "label": item.label, "value": item.value[:300], "fix": item.fix}
                rank = 3 if item.state is State.WRONG else 45
                found.append(Found(DeskItem.Kind.HEALTH, subject_of(section.title, item), rank, now, None, facts))
    return found
