"""Act: undo what an act changed of allocations: what it stated is withdrawn, so that what held before it holds again."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason, added_rows
from credits.acts.approvals.second_person import require_second_person_below_zero
from credits.acts.below_zero_is_confirmed import require_below_zero_confirmed
from credits.acts.feature_in_hand import FeatureInHand, features_in_hand
from credits.acts.post_demand import post_demand, posted_entries_and_balance
from credits.acts.set_allocation import AllocationSet
from credits.acts.undo.change_to_undo import UNDO, ChangeToUndo, change_to_undo, changed_since_chosen
from credits.errors import NothingToUndo, NotUndone
from credits.models import AllocationStatement, KeptUnits
from credits.rules.second_person import WhenAsked
from credits.rules.statements_that_stand import last_of_chain
from licensing.access import require, require_support
from licensing.errors import in_words
from licensing.models import Company, Permission, UseChoice


@as_act
def undo_allocation(
    company: Company,
    *,
    undoes: UUID,
    today: date,
    by: Actor,
    key: str,
    reason: Reason = "",
    note: str = "",
    below_zero_confirmed: bool | int = False,
    feature: str = "",
) -> AllocationSet:
    """Withdraw all that an act stated of allocations; an undo can itself be undone. Fifteen statements, 17 where it kept a use.

    Every figure of every day is then as if neither had been; what was known in between stays known. An act is undone on the
    company's day on which it was made, and until the day from which it holds. Raises NotUndone (409) when something later was
    stated about one of its lines, a price list that re-prices them included, or when it was undone already; NothingToUndo for an
    act that changed no allocation; NeedsConfirmation when the undo would lower the balance below zero unconfirmed, NeedsApproval
    when that is for a second person: where it would be lower than before the act that is undone. What holds from days that are
    over is for support, with a reason. `feature` is the address of one of its features, which a page names: the one that the
    result is about.
    """
    require(by, company, Permission.ALLOCATE)
    doing = Act.begin(UNDO, scope=company, key=key, by=by, reason=reason, note=note, stated={"undoes": undoes})
    if doing.done:
        return AllocationSet.of(doing)
    change = change_to_undo(company, undoes)
    if change is None or (feature and feature not in {each.slug for each in change.features}):
        raise NothingToUndo(_("This change changed no allocation: there is nothing to undo."))
    if not change.can_be_undone_in_kind:
        raise NothingToUndo(change.says_why_not_in_kind)
    require_undoable(company, change, by)
    if change.chosen and (later := changed_since_chosen(company, change.act)):
        raise NotUndone(later)
    _require_its_day(change, today, by, reason)
    held = features_in_hand(company, features=[each.pk for each in change.features])
    lines = {row.line_id: row.line for row in change.rows}
    day = change.days[0]
    balance_before, changed, rule = withdraw_all(doing, change, held)
    require_second_person_below_zero(doing, today=today, brings_back=change.act, rule=rule)
    if changed > 0:
        require_below_zero_confirmed(balance_before - changed, confirmed=below_zero_confirmed)
    told = next(each for each in held.values() if each.feature.slug == (feature or change.features[0].slug))
    return AllocationSet.finish(
        doing,
        told,
        [pk for pk, line in lines.items() if line.feature_id == told.feature.pk],
        day=day,
        today=today,
        change=changed,
        balance_after=balance_before - changed,
        undoes=undoes,
        undoes_name=change.act.name,
        features=len(change.features),
    )


def take_back_what_was_kept(doing: ActInProgress, undoes: UUID) -> bool:
    """Within the undo of an act on an order: withdraw what that act stated of allocations. One statement where it stated none.

    Whether it stated any.
    """
    change = change_to_undo(doing.company, undoes)
    if change is None:
        return False
    require_undoable(doing.company, change, doing.by)
    withdraw_all(doing, change, features_in_hand(doing.company, features=[each.pk for each in change.features]))
    return True


def withdraw_all(doing: ActInProgress, change: ChangeToUndo, held: dict[int, FeatureInHand]) -> tuple[int, int, WhenAsked]:
    """(balance before, the credits that are taken more than before), on the first of its days, and when a second person confirms.

    Ends with the entries.
    """
    company = doing.company
    lines, day = {row.line_id: row.line for row in change.rows}, change.days[0]
    posted, balance_before = posted_entries_and_balance(company.pk, lines, day)
    _withdraw_rows(doing, change, held)
    changed = sum(each.credits_on(day, lines) for each in held.values()) - posted.credits_on(company.pk, lines, day)
    _take_keeping_back(doing, change)
    post_demand([doing], {(company.pk, line): held[line.feature_id].facts_of(line) for line in lines.values()}, posted)
    return balance_before, changed, posted.rule


def require_undoable(company: Company, change: ChangeToUndo, by: Actor) -> None:
    """Raise NotUndone where it was undone already, or something later counts about its lines."""
    if undone := change.undone_by:
        raise NotUndone(
            _("%(who)s undid this already %(when)s. Nothing was written.")
            % {"who": who_did(undone, by), "when": when_told(company, undone.recorded_at, change.act.recorded_at)}
        )
    if later := change.held_back_by:
        about = next(each.feature for each in change.since if each.act_id == later.pk)
        raise NotUndone(
            _("%(who)s changed %(feature)s %(when)s. Nothing was written.")
            % {
                "who": who_did(later, by),
                "feature": about.name,
                "when": when_told(company, later.recorded_at, change.act.recorded_at),
            }
        )
    if change.posted_by:
        raise NotUndone(_repriced(company, change, change.posted_by))


def _repriced(company: Company, change: ChangeToUndo, posted_by: UUID) -> str:
    act = Act.objects.for_company(company).select_related("actor").get(pk=posted_by)
    said = {
        "who": act.by_whom,
        "feature": change.features[0].name,
        "when": when_told(company, act.recorded_at, change.act.recorded_at),
    }
    if act.name == "price-list.apply":
        return _("A new price list changed the credits of %(feature)s %(when)s. Nothing was written.") % said
    return _("%(who)s changed the credits of %(feature)s %(when)s. Nothing was written.") % said


def who_did(act: Act, by: Actor) -> str:
    """Who acted, as the person who reads it sees them: themselves, somebody by name, or Support. Reads `actor`."""
    if by.user is not None and act.actor_id == by.user.pk:
        return _("You, in another window,")
    return act.by_whom


def when_told(company: Company, instant: datetime, since: datetime) -> str:
    """ "at 10:09" on the company's day of `since`, else "on Nov 28, 2026"."""
    day = company.day_of(instant)
    if day != company.day_of(since):
        return _("on %(day)s") % {"day": in_words(day)}
    return _("at %(time)s") % {"time": f"{instant.astimezone(company.zone_at(instant)):%H:%M}"}


def _require_its_day(change: ChangeToUndo, today: date, by: Actor, reason: Reason) -> None:
    """What was made today, and what holds from a later day, can be undone; the past is for support, with a reason."""
    first = change.days[0]
    if first > today or (first == today and change.made_on in (None, today)):
        return
    if by.is_support or by.is_machine:
        require_support(by, reason=reason)
        return
    raise Refused(
        _("This holds since %(day)s, and what held is not undone on a later day. Set the units that shall hold from today on.")
        % {"day": in_words(first)}
    )


def _withdraw_rows(doing: ActInProgress, change: ChangeToUndo, held: dict[int, FeatureInHand]) -> None:
    """Add the rows that withdraw what the act stated, and take them into what is in hand. One statement.

    A row that was withdrawn and came back is named by others already: the last of them is withdrawn.
    """
    rows = [
        AllocationStatement(
            feature_id=each.feature_id,
            line=each.line,
            effective_on=each.effective_on,
            withdraws_id=last_of_chain(held[each.feature_id].statements[each.line_id], each.pk),
            **doing.stamp(),
        )
        for each in change.rows
    ]
    for row in added_rows(rows, known_by=("withdraws_id",)):
        held[row.feature_id].statements[row.line_id].append(row.said)


def _take_keeping_back(doing: ActInProgress, change: ChangeToUndo) -> None:
    """The opposite of what keeping added or took back; the choice of an order is again what it was. None or two statements."""
    KeptUnits.objects.bulk_create(
        KeptUnits(
            feature_id=each["line"].feature_id,
            line=each["line"],
            order_id=each["order"],
            effective_on=each["day"],
            units_change=-each["units"],
            **doing.stamp(),
        )
        for each in change.kept
    )
    UseChoice.objects.bulk_create(
        UseChoice(order_id=each["order"], keeps=bool(each["before"]), **doing.stamp()) for each in change.chosen
    )
