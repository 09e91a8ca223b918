"""Beside each act of an order: where it is undone, or why it cannot be and what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse

from credits.acts.undo.change_to_undo import BY_NAME
from credits.acts.undo.undo_act import says_nothing_to_undo
from credits.desk.sentences import Sentence
from licensing.acts.undo.change_of_an_order import why_not_each
from licensing.models import Company, Order


def with_undo(sentences: Sequence[Sentence], company: Company | None, order: Order, *, may_undo: bool) -> list[Sentence]:
    """The page behind the link judges allocations, and the other company of a transfer, too. At most five statements."""
    known = why_not_each(company, order) if company is not None else {}
    found = []
    for each in sentences:
        act = each.act
        why_not = known.get(act.pk, "" if act.name in BY_NAME else says_nothing_to_undo(act))
        url = reverse("desk:undo", args=[act.pk]) if not why_not and may_undo else ""
        found.append(replace(each, undo_url=url, not_undone=why_not))
    return found
