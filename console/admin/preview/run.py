"""Runs the act of a form: to look at what it does, and takes all of it back; or to do what was looked at.

Either way it runs in one transaction, so that a preview leaves no row, job, mail or count behind, and what is done is what was
shown: the effect is read once more before the commit, and nothing is written where it became another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.signals import post_save
from django.utils.translation import gettext as _

from console.admin.preview.effect import Effect, reads_effects
from console.errors import Conflict, Refused
from console.models import Act, Actor
from console.models.act import acts_on_trial

if TYPE_CHECKING:
    from console.admin.act_forms import ActForm, Done

_written: ContextVar[list[UUID] | None] = ContextVar("acts_written", default=None)


class EffectChanged(Conflict):
    """What the act would do is no longer what was shown."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(
            _("What it does has changed since you looked. Nothing was saved. Look at it again, then confirm what it does now.")
        )
        self.effect = effect


class NotTicked(Refused):
    """Something of it is unusual, and nobody said that it is meant."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(_("Nothing was saved. Something is unusual here: say that it is meant, or change it."))
        self.effect = effect


class _TakeBack(Exception):
    """Ends the transaction of a preview."""


def look(form: ActForm, *, by: Actor) -> tuple[Done, Effect]:
    """What the act of a valid form does; nothing of it stays. Raises DomainError as the act does."""
    before = _before(form)
    try:
        with acts_on_trial(), transaction.atomic(), _acts_written() as acts:
            done = form.send(by=by)
            connection.check_constraints()  # what else only the commit would look at
            effect = _after(form, before, acts)
            raise _TakeBack
    except _TakeBack:
        return done, effect


def do(form: ActForm, *, by: Actor, as_shown: str, ticked: bool) -> Done:
    """Do it, if it does what was shown. Sent twice it is done once.

    Raises EffectChanged, NotTicked where something is unusual and not `ticked`, and DomainError as the act does.
    """
    before = _before(form)
    with transaction.atomic(), _acts_written() as acts:
        done = form.send(by=by)
        if not form.done_before:
            effect = _after(form, before, acts)
            if effect.fingerprint != as_shown:
                raise EffectChanged(effect)
            if effect.unusual and not ticked:
                raise NotTicked(effect)
        form.acts_written = tuple(acts)
        return done


def _before(form: ActForm) -> Any:
    return reads_effects.reader.before(form) if reads_effects.reader else None


def _after(form: ActForm, before: Any, acts: list[UUID]) -> Effect:
    return reads_effects.reader.after(form, before, acts) if reads_effects.reader else Effect()


@contextmanager
def _acts_written() -> Iterator[list[UUID]]:
    """The ids of the acts whose rows are written inside, by this thread."""
    acts: list[UUID] = []
    token = _written.set(acts)
    try:
        yield acts
    finally:
        _written.reset(token)


def _note(instance: Act, created: bool, **_what: Any) -> None:
    acts = _written.get()
    if acts is not None and created:
        acts.append(instance.pk)


post_save.connect(_note, sender=Act, dispatch_uid="acts-of-a-preview")
