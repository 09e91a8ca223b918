"""The forms that undo an act, and all acts of a case: why, and what the customer reads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from console.admin import ActForm, Done
from console.admin.act_forms import ALWAYS
from console.models import Act, Actor
from credits.acts.undo.change_to_undo import UNDOS
from credits.acts.undo.undo_act import companies_of, lock_for_undo, undo_act
from credits.acts.undo.undo_case import acts_of_case, lock_case, undo_case
from credits.desk.addresses import case_address
from credits.desk.sentences import sentence_of
from licensing.models import Company

PREVIEWED = {"reason_kind": "other", "reason": "preview"}


class UndoForm(ActForm):
    """What both have: nothing but the reason is typed, so that the page shows what it does before anything is pressed."""

    asks_reason = ALWAYS
    takes_back = True

    @classmethod
    def previewed(cls, target: Any) -> UndoForm:
        """The valid form that is looked at; no reason changes what an undo does."""
        form = cls(target=target)
        found = cls({"key": str(uuid4()), "seen": form.initial["seen"], **PREVIEWED}, target=target)
        assert found.is_valid()
        return found

    def acts(self) -> Sequence[Act]:
        """What it undoes, the last one first."""
        raise NotImplementedError


class UndoAct(UndoForm):
    """On one act of the journal."""

    title = gettext_lazy("Undo a change")
    says = gettext_lazy(
        "What the change said is withdrawn, and what held before it holds again, on every day. "
        "Nothing is deleted: what was known until now stays known."
    )
    button = gettext_lazy("Undo")
    note_says = gettext_lazy("The customer reads this, with the change.")
    target: Act

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["case_number"] = self.target.case_number

    def company(self) -> Company:
        assert self.target.company_id is not None
        return Company.objects.get(pk=self.target.company_id)

    def companies(self) -> list[Company]:
        return companies_of([self.target])

    def lock(self) -> None:
        lock_for_undo([self.target])

    def acts(self) -> Sequence[Act]:
        return [self.target]

    def act(self, *, by: Actor, key: str) -> Done:
        undo_act(self.target, today=self.today, by=by, key=key, **self.said)
        company = self.company()
        # Of a transfer: the one of them that stands with this company.
        undid = Act.objects.for_company(company).filter(name__in=UNDOS, result__undoes=str(self.target.pk)).latest("recorded_at")
        return Done(sentence_of(self.target).text + ".", self.target, reverse("desk:act", args=[undid.pk]))


class UndoCase(UndoForm):
    """On the number of a case."""

    title = gettext_lazy("Undo a case")
    says = gettext_lazy(
        "All changes of the case that still count are undone, the last one first, or none of them. "
        "Nothing is deleted: what was known until now stays known."
    )
    button = gettext_lazy("Undo all")
    note_says = gettext_lazy("The customers read this, with the changes.")
    is_undone_by = gettext_lazy("by undoing each of these undos, the last one first")
    target: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["case_number"] = self.target

    def state(self) -> str:
        return ",".join(str(each.pk) for each in self.acts())

    def lock(self) -> None:
        lock_case(self.target)

    def journal(self, key: str) -> tuple[str, str]:
        return f"case:{self.target}", key

    def acts(self) -> Sequence[Act]:
        return acts_of_case(self.target)

    def companies(self) -> list[Company]:
        return self._companies

    @cached_property
    def _companies(self) -> list[Company]:
        """As they were before the case was undone, after which nothing of it is left."""
        return companies_of(self.acts())

    def act(self, *, by: Actor, key: str) -> Done:
        count = undo_case(self.target, by=by, key=key, **self.said)
        said = ngettext("%(count)s change of case %(case)s.", "%(count)s changes of case %(case)s.", count)
        return Done(said % {"count": count, "case": self.target}, None, case_address(self.target))
