"""The last acts, each as a sentence: who did what to whom."""

from __future__ import annotations

from console.models import Act, User
from credits.desk.sentences import Sentence, sentences_of

SHOWN = 6


def lately(person: User) -> list[Sentence]:
    """The last acts of anybody. Two statements."""
    return sentences_of(Act.objects.select_related("actor").order_by("-recorded_at")[:SHOWN], reader=person)
