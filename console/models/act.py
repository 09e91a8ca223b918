"""The journal: one row per act, which is audit log and idempotency in one.

An act begins by taking its lock, then reads the clock and looks for its key in one statement; its row is written
once, last, with its result. Statements and entries refer to the row before it exists, which is why those references are
checked at the commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.allowed_text import first_refused
from console.company_in_hand import take_in_hand
from console.errors import Refused
from console.metrics.counted import count_act
from console.models.actor import Actor
from console.models.append_only import AppendOnly, AppendOnlyQuerySet
from console.models.instant_of_recording import instant_of_recording
from console.models.same_key_same_request import digest_of, plain, require_same_request
from console.models.why import LONGEST_CASE_NUMBER, Reason, ReasonKind, Why, why_of
from console.names_customers_see import machine_as_shown, person_as_shown

CLOCK_AND_EARLIER = """
SELECT clock_timestamp(),
       (SELECT max(recorded_at) FROM console_act WHERE company_id = %(company)s) + interval '1 microsecond',
       earlier.digest, earlier.result::text
  FROM (SELECT 1) AS one
  LEFT JOIN console_act AS earlier ON earlier.{whose} AND earlier.scope = %(scope)s AND earlier.key = %(key)s
"""


_on_trial: ContextVar[bool] = ContextVar("acts_on_trial", default=False)


@contextmanager
def acts_on_trial() -> Iterator[None]:
    """Acts inside will be rolled back, as those of a preview are: they are not counted."""
    token = _on_trial.set(True)
    try:
        yield
    finally:
        _on_trial.reset(token)


OF_A_COMPANY, OF_NO_COMPANY = "company_id = %(company)s", "company_id IS NULL"


class ActQuerySet(AppendOnlyQuerySet):
    def for_company(self, company: models.Model) -> Self:
        return self.filter(company_id=company.pk)


class Act(AppendOnly):
    """One thing somebody did, with what came of it. Never edited; the same key never does it twice."""

    class ActorKind(models.TextChoices):
        PERSON = "person", gettext_lazy("Person")
        API_KEY = "api-key", gettext_lazy("API key")
        JOB = "job", gettext_lazy("Job")
        SYSTEM = "system", gettext_lazy("System")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    scope = models.CharField(max_length=100)
    company_id = models.BigIntegerField(null=True, blank=True)
    key = models.CharField(max_length=200)
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    result = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="acts")
    actor_label = models.CharField(max_length=200, blank=True)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    reason_kind = models.CharField(
        gettext_lazy("reason"), max_length=20, choices=ReasonKind, blank=True, default="", db_default=""
    )
    reason = models.TextField(gettext_lazy("in words"), blank=True)
    case_number = models.CharField(
        gettext_lazy("case number"), max_length=LONGEST_CASE_NUMBER, blank=True, default="", db_default=""
    )
    note = models.TextField(gettext_lazy("note"), db_column="note_for_customer", blank=True, default="", db_default="")
    """What the customer may read; every other text of an act is for staff."""
    unlabelled_note = models.TextField(gettext_lazy("unlabelled note"), db_column="note", blank=True, default="")
    """Typed where nothing said who would read it: never shown to customers, but for what they typed themselves."""
    recorded_at = models.DateTimeField()

    objects = ActQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("act")
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="one_act_per_scope_and_key"),
            models.UniqueConstraint(fields=["company_id", "id"], name="act_is_one_row_of_its_company"),
            models.CheckConstraint(
                condition=~models.Q(actor_kind="person") | models.Q(actor__isnull=False),
                name="an_act_of_a_person_names_the_person",
            ),
        ]
        indexes = [
            models.Index(fields=["company_id", "recorded_at"], name="act_company_recorded_at"),
            models.Index(fields=["-recorded_at"], name="act_recorded_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.recorded_at:%Y-%m-%d %H:%M} UTC)"

    @property
    def by_whom(self) -> str:
        """Who acted, as customers see it. Reads `actor`."""
        if self.actor_kind == self.ActorKind.PERSON and self.actor is not None:
            return person_as_shown(self.actor)
        return machine_as_shown(self.actor_label)

    @property
    def why(self) -> Why:
        """For staff alone."""
        return Why(self.reason, self.reason_kind, self.case_number)

    @property
    def note_shown(self) -> str:
        """The note as customers read it, empty without one. Reads `actor`.

        Without a label it is shown only where customers alone could type it: in their own form of an allocation.
        """
        own = self.name == "allocation.set" and self.actor is not None and not self.actor.is_staff
        return self.note or (self.unlabelled_note if own else "")

    @property
    def note_label(self) -> str:
        """Whose note it is, in words. Reads `actor`."""
        return _("Note from support:") if self.actor is not None and self.actor.is_staff else _("Note:")

    @classmethod
    def begin(
        cls,
        name: str,
        *,
        scope: models.Model | str,
        key: str,
        by: Actor,
        stated: Mapping[str, Any],
        reason: Reason = "",
        note: str = "",
    ) -> ActInProgress:
        """Lock, read the clock, and look for an earlier act with this key. Must run inside a transaction.

        `scope` is a company (its row is locked, and it is in hand to the end of the act) or a text such as "catalogue" (an
        advisory lock). `stated` is what the caller asked for, never the day it happens to be or who asks; people and machines
        have keys of their own. `reason` is read by staff alone, `note` by the customer. Refuses a key that
        holds what nobody sees, such as a line break; raises KeyUsedForSomethingElse when the key was used for another request.
        Costs two statements.
        """
        if not connection.in_atomic_block:
            raise RuntimeError("An act runs inside a transaction.")
        if not key or first_refused(key) or len(key := by.own_key(key)) > 200:
            raise Refused(_("The form carries no usable key. Reload the page and send it again."))
        company: Any = None
        if isinstance(scope, str):
            scope_text = scope
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [scope])
        else:
            take_in_hand(scope)
            # Not a full FOR UPDATE: rows that merely refer to the company may be added meanwhile.
            company = type(scope)._base_manager.select_for_update(no_key=True).get(pk=scope.pk)
            scope_text = f"company:{company.pk}"
        digest = digest_of(name, stated)
        with connection.cursor() as cursor:
            values = {"company": company.pk if company else None, "scope": scope_text, "key": key}
            cursor.execute(CLOCK_AND_EARLIER.format(whose=OF_A_COMPANY if company else OF_NO_COMPANY), values)
            clock, earliest, earlier_digest, earlier_result = cursor.fetchone()
        require_same_request(earlier_digest, digest)
        return ActInProgress(
            name=name,
            scope=scope_text,
            company=company,
            key=key,
            digest=digest,
            by=by,
            why=why_of(reason),
            note=note,
            recorded_at=instant_of_recording(clock, earliest),
            done=earlier_digest is not None,
            result=json.loads(earlier_result) if earlier_result is not None else {},
        )

    @classmethod
    def begin_many(
        cls, name: str, *, companies: Iterable[models.Model], key: str, by: Actor, stated: Mapping[str, Any]
    ) -> list[ActInProgress]:
        """One act per company, all recorded at one instant; companies are locked by id. Two statements.

        For a further act of the whole catalogue, whose own row holds the idempotency: the keys here must be new.
        """
        wanted = list(companies)
        if not wanted:
            return []
        model = type(wanted[0])
        ids = [company.pk for company in wanted]
        locked = list(model._base_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT clock_timestamp(), max(recorded_at) + interval '1 microsecond' "
                "FROM console_act WHERE company_id = ANY(%s)",
                [ids],
            )
            recorded_at = instant_of_recording(*cursor.fetchone())
        digest = digest_of(name, stated)
        return [
            ActInProgress(
                name=name,
                scope=f"company:{company.pk}",
                company=company,
                key=key,
                digest=digest,
                by=by,
                why=Why(),
                note="",
                recorded_at=recorded_at,
                done=False,
                result={},
            )
            for company in locked
        ]


@dataclass
class ActInProgress:
    """An act between its lock and its row. `done` says that its key already did it, with `result`."""

    name: str
    scope: str
    company: Any
    key: str
    digest: str
    by: Actor
    why: Why
    note: str
    recorded_at: datetime
    done: bool
    result: dict[str, Any]
    id: UUID = field(default_factory=uuid4)

    def stamp(self) -> dict[str, Any]:
        """The columns every row of this act carries."""
        return {"company_id": self.company.pk, "act_id": self.id, "recorded_at": self.recorded_at}

    def finish(self, **result: Any) -> Act:
        """Write the act's row, with a JSON-able `result`: the last thing an act does."""
        row = self.row(**result)
        row.save()
        return row

    def row(self, **result: Any) -> Act:
        """The act's row, not yet written: for many acts that are written together."""
        if not _on_trial.get():
            count_act(self.name)
        self.result = json.loads(json.dumps(result, default=plain))
        return Act(
            id=self.id,
            scope=self.scope,
            company_id=self.company.pk if self.company else None,
            key=self.key,
            name=self.name,
            digest=self.digest,
            result=self.result,
            actor_kind=self.by.kind,
            actor=self.by.user,
            actor_label=self.by.label[:200],
            on_behalf_of=self.by.on_behalf_of,
            reason_kind=self.why.kind,
            reason=self.why.words,
            case_number=self.why.case,
            note=self.note,
            recorded_at=self.recorded_at,
        )
