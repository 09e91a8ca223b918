"""What companies are told of: for each kind its words, whom it is told to, and the page it leads to.

Whoever has something to tell registers its kinds when it starts: the changes of orders lie in `licensing.notices.changes`, the
credits app does so for the balance. Each kind is offered to people to choose how it reaches them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.people.kinds_to_choose import KindToChoose, offer
from console.templatetags import formats
from console.vendor.held import vendors_own
from licensing.errors import in_words
from licensing.models.roles_and_what_they_may import Permission, Role
from licensing.notices.texts_of_notices import offer_texts

MOVES_CREDITS = "moves_credits"
"""The fact that says that the company's credits are others by it: then those are concerned whom the credits concern."""
METERED = "metered"
"""The fact that says that it is about a pay-as-you-go contract, under which features may be billed."""
ONLY = "only_person"
"""The fact that says by its id whom alone it concerns, whatever others' roles are."""
NOTE = "note"
"""The fact that holds what somebody wrote for the customer to read."""


BALANCE, ALLOCATIONS, BUY, ASK = "balance", "allocations", "buy", "ask"
"""Ways on that a kind may name."""
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""An id that a marketplace gave: nobody knows an order by it."""


@dataclass(frozen=True)
class NoticeKind:
    """The sentences are filled in by a notice's facts. `tone` is warning, danger or info; `contact` is sales or support.

    It is told to whoever has `told_to`, and, where the company's credits change by it, to whoever has `told_of_credits`.
    """

    name: str
    label: Any
    told_to: Permission
    icon: str
    tone: str
    title: Any
    sentence: Any
    next_step: Any
    contact: str
    page: str
    page_fact: str = ""
    """The fact that the page's address takes besides the company, if any."""
    told_of_credits: Permission | None = None
    ways: tuple[str, ...] = ()
    """Where its next step leads besides its page, see `licensing.notices.ways_on`."""
    asks_for_action: bool = True
    """Whether somebody has to do something: then nobody can switch it off."""
    told_to_words: Any = ""
    """Whom it is told to, where that is no matter of roles."""
    of_contract: Any = ""
    """What it says besides of a pay-as-you-go contract."""

    def concerns(self, roles: Iterable[str], facts: Mapping[str, Any]) -> bool:
        """Whether a notice of it with these facts is told to somebody with these roles."""
        held = list(roles)
        return self.told_to.allowed_to(held) or (bool(facts.get(MOVES_CREDITS)) and self._is_told_of_credits(held))

    def concerns_person(self, person: int, roles: Iterable[str], facts: Mapping[str, Any]) -> bool:
        """The same of somebody with these roles: a notice may be for one person alone."""
        return facts.get(ONLY) in (None, str(person)) and self.concerns(roles, facts)

    def may_concern(self, roles: Iterable[str]) -> bool:
        """The same, whatever the facts are."""
        held = list(roles)
        return self.told_to.allowed_to(held) or self._is_told_of_credits(held)

    def _is_told_of_credits(self, roles: list[str]) -> bool:
        return self.told_of_credits is not None and self.told_of_credits.allowed_to(roles)

    def title_of(self, facts: Mapping[str, Any]) -> str:
        return str(self.title) % in_words_of(facts)

    def sentence_of(self, facts: Mapping[str, Any]) -> str:
        said = str(self.sentence) % in_words_of(facts)
        return f"{said} {self.of_contract}" if self.of_contract and facts.get(METERED) else said

    def url(self, slug: str, facts: Mapping[str, Any]) -> str:
        return reverse(self.page, args=[slug, facts[self.page_fact]] if self.page_fact else [slug])

    @property
    def whom_to_ask(self) -> str:
        """The contact for it, of those that are set; empty without any."""
        asked = [vendors_own().sales, vendors_own().support]
        return next(filter(None, asked if self.contact == "sales" else reversed(asked)), "")


def in_words_of(facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts as the screens write them: days under names that end in `_on`, whole numbers, everything else as it is.

    A person in them is only an id, see `licensing.notices.words_of_notices.with_people`; without their name it was somebody.
    An order goes by its number; by its name where that is a marketplace's id. `order_and_name` has both where there are both.
    """
    words = {"by": _("Somebody")} | {name: _word(name, value) for name, value in facts.items()}
    order, name = words.get("order", ""), words.get("name", "")
    if name and GUID.fullmatch(order):
        words["order"] = words["order_and_name"] = _("“%(name)s”") % {"name": name}
    else:
        words["order_and_name"] = f"{order} ({name})" if name else order
    return words


def _word(name: str, value: Any) -> str:
    if name.endswith("_on"):
        return in_words(date.fromisoformat(value))
    return formats.credits(value) if isinstance(value, int) else str(value)


PEOPLE = {
    Role.OWNER: gettext_lazy("owners"),
    Role.LICENSE_ADMINISTRATOR: gettext_lazy("license administrators"),
    Role.CREDIT_MANAGER: gettext_lazy("credit managers"),
    Role.PROVIDER_VIEWER: gettext_lazy("provider viewers"),
    Role.VIEWER: gettext_lazy("viewers"),
}

_kinds: dict[str, NoticeKind] = {}


def register(*kinds: NoticeKind) -> None:
    _kinds.update({kind.name: kind for kind in kinds})
    offer_texts(*((kind.name, kind.label) for kind in kinds))
    offer(*(KindToChoose(each.name, each.label, partial(why_told, each), may_be_off=not each.asks_for_action) for each in kinds))


def kind_of(name: str) -> NoticeKind:
    return _kinds.get(name) or _UNKNOWN


def kinds_for(roles: Iterable[str]) -> list[str]:
    """The kinds that somebody with these roles is told of; of some, only where credits change."""
    held = list(roles)
    return [kind.name for kind in _kinds.values() if kind.may_concern(held)]


def told_by_role(roles: Iterable[str]) -> bool:
    """Whether there is a kind that these roles bring; others are of what somebody did, whatever their roles are."""
    return any(not _kinds[name].told_to_words for name in kinds_for(roles))


EXPIRES_SOON = NoticeKind(
    name="expires-soon",
    label=gettext_lazy("Expires soon"),
    told_to=Permission.LICENSING,
    icon="clock",
    tone="warning",
    title=gettext_lazy("%(name)s expires on %(expires_on)s"),
    sentence=gettext_lazy(
        "%(units)s of order %(order)s count up to and including %(last_on)s. "
        "No renewal is issued, and the order does not renew by itself."
    ),
    of_contract=gettext_lazy("When the contract ends, the features billed under it return to annual credits, not allocated."),
    next_step=gettext_lazy("If you still need it, renew it before that day where it was bought, or ask us for a renewal."),
    ways=(ASK,),
    contact="sales",
    page="licensing:license",
    page_fact="license",
)
EXPIRED = NoticeKind(
    name="expired",
    label=gettext_lazy("Expired"),
    told_to=Permission.LICENSING,
    icon="circle-x",
    tone="danger",
    title=gettext_lazy("%(name)s expired on %(expires_on)s"),
    sentence=gettext_lazy("%(units)s of order %(order)s no longer count from that day on. No renewal was issued."),
    of_contract=gettext_lazy("The features billed under the contract have returned to annual credits, not allocated."),
    next_step=gettext_lazy(
        "Check the balance of your credits. If you still need the license, renew it where it was bought, or ask us."
    ),
    ways=(BALANCE, BUY, ASK),
    contact="sales",
    page="licensing:license",
    page_fact="license",
)
REFUSED = NoticeKind(
    name="refused",
    label=gettext_lazy("Change refused"),
    told_to=Permission.LICENSING,
    icon="ban",
    tone="warning",
    title=gettext_lazy("A change of %(name)s was refused"),
    sentence=gettext_lazy("The change asked for %(wanted)s. %(reason)s The order stays as it was: %(order)s."),
    next_step=gettext_lazy("Mend what the reason names, then make the change again where the order was bought."),
    ways=(ASK,),
    contact="support",
    page="licensing:license-information",
)
_UNKNOWN = NoticeKind(
    name="",
    label=gettext_lazy("Notice"),
    told_to=Permission.PEOPLE,
    icon="info-circle",
    tone="info",
    title=gettext_lazy("Notice"),
    sentence="",
    next_step="",
    contact="support",
    page="licensing:license-information",
)
"""What an app told that is no longer here."""


def why_told(kind: NoticeKind, facts: Mapping[str, Any] | None = None) -> str:
    """The roles that are told of the kind, or of a notice of it with these facts, in words."""
    if kind.told_to_words:
        return str(kind.told_to_words)
    roles = set(kind.told_to.value)
    if kind.told_of_credits is not None and (facts is None or facts.get(MOVES_CREDITS)):
        roles |= kind.told_of_credits.value
    names = [str(words) for role, words in PEOPLE.items() if role in roles]
    return _(" and ").join(filter(None, [", ".join(names[:-1]), names[-1]]))


register(EXPIRES_SOON, EXPIRED, REFUSED)
