"""Who acts: a person, or a machine; and whose keys are whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from console.models.user import StaffRole, User


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, or a machine named by `label`; `on_behalf_of` whom, if it acts for somebody."""

    kind: str
    user: User | None = None
    label: str = ""
    on_behalf_of: str = ""

    @classmethod
    def person(cls, user: User) -> Self:
        """Told by the id: the journal is never edited, so it holds no address, which may have to be forgotten."""
        return cls("person", user, user.name)

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
