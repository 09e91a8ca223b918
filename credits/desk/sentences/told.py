"""A sentence of the journal: words with names in them, as text and as HTML with the names in bold or as links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from console.models import Act, User
from licensing.models import Company


@dataclass(frozen=True)
class Name:
    """What a sentence is about: in bold, and a link where it has a page."""

    text: str
    url: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def html(self) -> SafeString:
        if self.url:
            return format_html('<a class="named" href="{}">{}</a>', self.url, self.text)
        return format_html("<b>{}</b>", self.text)


@dataclass(frozen=True)
class Words:
    """A sentence without its end: `says` with its values in the places named, then what it did, bit by bit.

    `says` is text of ours with places such as %(order)s, never anything that was typed.
    """

    says: str
    values: dict[str, Any] = field(default_factory=dict)
    then: Sequence[str] = ()

    @property
    def text(self) -> str:
        return ", ".join([self.says % self.values, *self.then])

    def of_who_is_named_elsewhere(self) -> Words:
        """The same without who did it, which stands in a column of its own, and without links, which are for staff."""
        values = {name: Name(value.text) if isinstance(value, Name) else value for name, value in self.values.items()}
        return Words(self.says, {**values, "who": ""}, self.then)

    @property
    def html(self) -> SafeString:
        values = {
            name: value.html if isinstance(value, Name) else conditional_escape(value) for name, value in self.values.items()
        }
        said = str(conditional_escape(self.says)) % values
        return mark_safe(", ".join([said, *(str(conditional_escape(each)) for each in self.then)]))  # escaped above


@dataclass(frozen=True)
class Sentence:
    """One act as its reader sees it. `company` is None for acts of no company; else it knows its zones.

    `links` lead to what the act was about: (text, address).
    """

    act: Act
    who: Name
    words: Words
    company: Company | None
    by_support: bool
    undo_url: str = ""
    not_undone: str = ""
    """Where it is undone, or why it cannot be and what to do instead; both empty where a page does not say."""
    acted_for: str = ""
    """The name of whom a machine did it for."""
    before: str = ""
    after: str = ""
    """What it changed, as far as the act states it: a balance, roles. Both empty where it does not."""
    of_the_balance: bool = False
    """Whether these are balances."""
    changes_credits: bool = False
    """Whether it wrote entries."""

    @property
    def text(self) -> str:
        return self.words.text

    @property
    def html(self) -> SafeString:
        return self.words.html

    @property
    def recorded_at(self) -> datetime:
        return self.act.recorded_at

    @property
    def initials(self) -> str:
        person = self.act.actor
        return person.initials if person is not None else "".join(word[0] for word in self.who_in_full.split()[:2]).upper()

    @property
    def who_in_full(self) -> str:
        """The person's or the machine's own name, also where the sentence says "You"."""
        return name_of_actor(self.act)

    def __str__(self) -> str:
        return self.text


def name_of_actor(act: Act) -> str:
    """As staff see it: the person, or the machine by its label. Reads `actor`."""
    return str(act.actor) if act.actor is not None else act.actor_label or _("System")


def who_acted(act: Act, reader: User | None, acted_for: str = "", *, to_customers: bool = False) -> Name:
    """`acted_for` is the name of whom a machine acted for, empty for nobody. Staff are "Support" `to_customers`."""
    if reader is not None and act.actor_id == reader.pk:
        return Name(_("You"))
    named = act.by_whom if to_customers else name_of_actor(act)
    return Name(_("%(machine)s for %(whom)s") % {"machine": named, "whom": acted_for} if acted_for else named)
