"""The forms that undo an act, and all acts of a case: why, and what the customer reads."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.admin import ActForm, Done
from console.admin.act_forms import ALWAYS
from console.models import Act, Actor, Why
from credits.acts.undo.undo_act import undo_act
from credits.acts.undo.undo_case import acts_of_case, undo_case
from credits.desk.undo.effect import EffectOnCompany, effect_of
from licensing.acts.undo.change_of_an_order import order_of_act
from licensing.models import Company, Order

PREVIEWED = Why("preview", "other", "")


class UndoAct(ActForm):
    """On one act of the journal."""

    title = gettext_lazy("Undo a change")
    says = gettext_lazy(
        "What the change said is withdrawn, and what held before it holds again, on every day. "
        "Nothing is deleted: what was known until now stays known."
    )
    button = gettext_lazy("Undo")
    asks_reason = ALWAYS
    note_says = gettext_lazy("The customer reads this, with the change.")
    target: Act

    def company(self) -> Company:
        assert self.target.company_id is not None
        return Company.objects.get(pk=self.target.company_id)

    def state(self) -> str:
        """The latest act of the company: what was done since may stand in the way."""
        return str(Act.objects.filter(company_id=self.target.company_id).order_by("-recorded_at").values_list("pk")[:1].get()[0])

    def lock(self) -> None:
        found = order_of_act(self.company(), self.target.pk)
        if found is not None:
            Order.objects.select_for_update().get(pk=found)
        Company.objects.select_for_update(no_key=True).get(pk=self.company().pk)

    def effect(self, by: Actor) -> tuple[list[EffectOnCompany], str]:
        def run() -> None:
            undo_act(self.target, today=self.today, by=by, key=str(uuid4()), reason=PREVIEWED)

        return effect_of(run, [(self.company(), self.today)])

    def acts(self) -> Sequence[Act]:
        return [self.target]

    def act(self, *, by: Actor, key: str) -> Done:
        undo_act(self.target, today=self.today, by=by, key=key, **self.said)
        return Done(_("Undone."), self.target, reverse("desk:undo", args=[self.target.pk]))


class UndoCase(ActForm):
    """On the number of a case."""

    title = gettext_lazy("Undo a case")
    says = gettext_lazy(
        "All changes of the case that still count are undone, the last one first, or none of them. "
        "Nothing is deleted: what was known until now stays known."
    )
    button = gettext_lazy("Undo all")
    asks_reason = ALWAYS
    note_says = gettext_lazy("The customers read this, with the changes.")
    target: str

    def state(self) -> str:
        return ",".join(str(each.pk) for each in self.acts())

    def journal(self, key: str) -> tuple[str, str]:
        return f"case:{self.target}", key

    def acts(self) -> Sequence[Act]:
        return acts_of_case(self.target)

    def effect(self, by: Actor) -> tuple[list[EffectOnCompany], str]:
        ids = {each.company_id for each in self.acts() if each.company_id is not None}
        companies = Company.objects.filter(pk__in=ids).order_by("name", "pk")
        now = timezone.now()

        def run() -> None:
            undo_case(self.target, by=by, key=str(uuid4()), reason=PREVIEWED)

        return effect_of(run, [(each, each.day_of(now)) for each in companies])

    def act(self, *, by: Actor, key: str) -> Done:
        count = undo_case(self.target, by=by, key=key, **self.said)
        said = ngettext("%(count)s change undone.", "%(count)s changes undone.", count) % {"count": count}
        return Done(said, None, reverse("desk:undo-case", query={"number": self.target}))
