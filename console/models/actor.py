"""Who acts: a person, or a machine; and whose keys are whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from console.models.user import StaffRole, User

FOR_PERSON = "person:"
"""Before the id, in what an act keeps of the person for whom a machine did it."""


def person_acted_for(on_behalf_of: str) -> int | None:
    """The id in what an act keeps of whom it was done for; None where that is no person."""
    said = on_behalf_of.removeprefix(FOR_PERSON)
    return int(said) if said != on_behalf_of and said.isdecimal() else None


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, or a machine named by `label`; `on_behalf_of` whom, if it acts for somebody: never a name."""

    kind: str
    user: User | None = None
    label: str = ""
    on_behalf_of: str = ""

    @classmethod
    def person(cls, user: User) -> Self:
        """Told by the id alone: the journal is never edited, so it holds no name and no address, which may be erased."""
        return cls("person", user)

    @classmethod
    def for_person(cls, label: str, person: User | None) -> Self:
        """A machine that acts for a person, who is told by the id as well: see `person_acted_for`."""
        return cls("system", None, label, "" if person is None else f"{FOR_PERSON}{person.pk}")

    @classmethod
    def system(cls, label: str, *, on_behalf_of: str = "") -> Self:
        return cls("system", None, label, on_behalf_of)

    @property
    def is_support(self) -> bool:
        """Whether they may act on customers."""
        return self.may(StaffRole.CUSTOMERS)

    def may(self, role: StaffRole) -> bool:
        """Whether it is a person of staff with the role."""
        return self.user is not None and self.user.may(role)

    @property
    def is_machine(self) -> bool:
        return self.kind != "person"

    def own_key(self, key: str) -> str:
        """The key as it is kept. A form may carry any text, so what people send is never a key that a machine uses."""
        return key if self.is_machine else f"person:{key}"
