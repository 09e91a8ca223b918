"""Act: undo all acts of a case, the last one first, in one transaction over all companies concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, DomainError, Refused
from console.models import Act, Actor, Reason
from credits.acts.undo.change_to_undo import OF_AN_ORDER, UNDOS
from credits.acts.undo.undo_act import lock_for_undo, says_nothing_to_undo, undo_act
from licensing.access import require_support
from licensing.models import Company
from licensing.rules.undo.undone_acts import ActOnLines, undone_by

UNDO_CASE = "case.undo"
MOVES = {"order.transfer", OF_AN_ORDER}
"""What these called for the company that received an order is undone with them; the keys of its acts begin with theirs."""
LEAVES_FIGURES = frozenset(
    {"company.roles", "person.end-sessions", "person.set-password", "person.choose-notices", "notice.resend", "figure.report"}
    | {"company.rename", "company.require-factor", "company.require-no-factor", "company.notices-of-new-members"}
    | {"tenant.state", "tenant.verify", "tenant.new-people", "tenant.remove"}
    | {"company.ask-to-join", "company.answer-to-join", "company.join-from-tenant"}
    | {"code.reveal", "code.copy", "desk.read", "difference.read", "event.read", "activation.resume", "sales.ask"}
)
"""Acts that change no figure: those of a case stay when it is undone, and stand in the way of nothing."""


class CaseNotUndone(Conflict):
    """Something stands in the way of one act of a case at least; `sentences` has one for each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__(_("Nothing was undone: %(why)s") % {"why": " ".join(sentences)})


def acts_of_case(case: str) -> list[Act]:
    """What has to be undone of a case, the last one first: its acts that count, and no undos of its own acts.

    For an act that was undone and came back stands the undo by which it did.
    One statement, and one for each further undo of the same act.
    """
    if not case:
        return []
    of_case = {each.pk: each for each in Act.objects.filter(case_number=case).exclude(name__in={UNDO_CASE, *LEAVES_FIGURES})}
    known, named = dict(of_case), list(of_case)
    while named:
        undos = Act.objects.filter(name__in=UNDOS, result__undoes__in=[str(each) for each in named])
        found = {each.pk: each for each in undos if each.pk not in known or each.pk in of_case}
        named = [pk for pk in found if pk not in known]
        known |= {pk: found[pk] for pk in named}
    acts = sorted(known.values(), key=lambda each: each.recorded_at)
    gone = undone_by([ActOnLines(each.pk, _undoes(each)) for each in acts])
    left = [each for each in acts if each.pk in of_case and each.pk not in gone and not _about(each, of_case, known)]
    left = [each for each in left if not any(each.key.startswith(f"{one.key}:") for one in acts if one.name in MOVES)]
    standing = {_standing_for(each, acts, gone).pk: _standing_for(each, acts, gone) for each in left}
    return sorted(standing.values(), key=lambda each: each.recorded_at, reverse=True)


def number_that_stays(case: str) -> int:
    """How many acts of a case change no figure."""
    return Act.objects.filter(case_number=case, name__in=LEAVES_FIGURES).count()


def _standing_for(act: Act, acts: Sequence[Act], gone: Mapping[UUID, UUID]) -> Act:
    undos = {each.pk for each in acts if _undoes(each) == act.pk}
    back = [each for each in acts if _undoes(each) in undos and each.pk not in gone]
    return _standing_for(back[-1], acts, gone) if back else act


def _undoes(act: Act) -> UUID | None:
    return UUID(act.result["undoes"]) if act.name in UNDOS else None


def _about(act: Act, of_case: dict[UUID, Act], known: dict[UUID, Act]) -> bool:
    """Whether it undoes an act of the case, or an undo of one."""
    undoes = _undoes(act)
    if undoes is None:
        return False
    return undoes in of_case or (undoes in known and _about(known[undoes], of_case, known))


def lock_case(case: str) -> dict[int, Company]:
    """Lock what its undo touches: orders first, then companies, both by id. Returns the companies by id.

    Raises Conflict where the case grew while another's lock was waited for: what it grew by is not locked.
    """
    acts = acts_of_case(case)
    companies = lock_for_undo(acts)
    if {each.pk for each in acts_of_case(case)} - {each.pk for each in acts}:
        raise Conflict(_("Case %(case)s grew meanwhile. Nothing was undone. Look at it again.") % {"case": case})
    return companies


@as_act(for_all="a case may concern several companies")
def undo_case(case: str, *, by: Actor, key: str, reason: Reason, note: str = "") -> int:
    """Undo what is left of a case, and return how many acts that were. Support only, with a reason.

    Orders are locked first, then companies, both by id. Refused as a whole (CaseNotUndone, 409) with the sentences of those acts
    that stand in the way; Refused where nothing of the case is left to undo.
    """
    require_support(by, reason=reason)
    companies = lock_case(case)
    doing = Act.begin(UNDO_CASE, scope=f"case:{case}", key=key, by=by, reason=reason, note=note, stated={"case": case})
    if doing.done:
        return len(doing.result["acts"])
    acts, now = acts_of_case(case), timezone.now()
    if not acts:
        raise Refused(_("Nothing of case %(case)s is left to undo.") % {"case": case})
    in_the_way: dict[str, None] = {}
    for number, act in enumerate(acts):
        company = companies.get(act.company_id or 0)
        if company is None:
            in_the_way[says_nothing_to_undo(act)] = None
            continue
        try:
            with transaction.atomic():
                today = company.day_of(now)
                undo_act(act, today=today, by=by, key=f"{key}:{number}", reason=reason, note=note)
        except DomainError as refused:
            in_the_way[str(refused)] = None
    if in_the_way:
        raise CaseNotUndone(list(in_the_way))
    doing.finish(case=case, acts=[each.pk for each in acts])
    return len(acts)
