"""Activation codes and registration keys from lines: one for each order that is recorded and that nobody holds yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.company_in_hand import as_act
from console.errors import Conflict
from console.models import Act, Actor
from console.security.sealing import fingerprints, seal
from licensing.codes.code_format import KEY_PREFIX, new_code
from licensing.codes.journal_of_a_code import day_of
from licensing.imports.kind import Column, Kind, Line, Slice
from licensing.models import ActivationCode, ImportRun, Order

AT_ONCE = 2_000
COLUMNS = (
    Column(
        "order_reference", gettext_lazy("An order of the channel code that nobody has activated."), "SO-2026-00118", needed=True
    ),
    Column(
        "code", gettext_lazy("activation-code or registration-key; empty: activation-code. The code itself is made here."), ""
    ),
    Column("valid_until", gettext_lazy("The last day it is taken: 2026-12-31. Empty: as long as the term."), "2026-12-31"),
)


def read(lines: Sequence[Line]) -> None:
    """Three statements, however many lines."""
    for line in lines:
        _read_one(line)
    references = {line.said["reference"] for line in lines if line.said}
    rows = Order.objects.filter(channel=Order.Channel.CODE, external_id__in=references).select_related("reserved_for")
    orders = {each.external_id: each for each in rows}
    codes = {each.order_id: each for each in ActivationCode.objects.live().filter(order__in=orders.values())}
    now = timezone.now()
    for line in lines:
        if line.said:
            order = orders.get(line.said["reference"])
            _compare(line, order, codes.get(order.pk) if order else None, day_of(order, now) if order else now.date())


def _read_one(line: Line) -> None:
    reference = line.text("order_reference", most=100, needed=True)
    kind = line.text("code").lower() or ActivationCode.Kind.ACTIVATION_CODE.value
    until = line.day("valid_until")
    if kind not in ActivationCode.Kind.values:
        line.wrong("code", _("Write activation-code or registration-key."))
    if not line.faults:
        line.key = reference
        line.said = {"reference": reference, "kind": kind, "until": until and until.isoformat()}


def _compare(line: Line, order: Order | None, code: ActivationCode | None, today: date) -> None:
    said = line.said or {}
    if order is None:
        line.wrong("order_reference", _("No order of the channel code has this reference. Import the order first."))
        return
    if code is not None:
        if (code.kind, code.valid_until and code.valid_until.isoformat()) != (said["kind"], said["until"]):
            line.wrong("order_reference", _("The order has another code already. Withdraw it on the order's page first."))
        line.said = None
    elif order.company_id is not None:
        line.wrong("order_reference", _("The order is activated already; a code would have no use. Leave the line out."))
    elif said["until"] and said["until"] < today.isoformat():
        line.wrong("valid_until", _("Choose today or a later day."))
    said["order"] = order.pk


def write(slice: Slice) -> None:
    """No line is about a company."""


@as_act(for_all="an import concerns many companies")
def write_all(run: ImportRun, by: Actor) -> None:
    """An act of the channel. Orders are locked before anything that others may wait for with them."""
    act = Act.begin(
        "import.rows", scope=f"channel:{Order.Channel.CODE}", key=f"import:{run.pk}", by=by, stated={"digest": run.digest}
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT said FROM licensing_importline WHERE run_id = %s ORDER BY (said ->> 'order')::bigint", [run.pk])
        lines = [each if isinstance(each, dict) else json.loads(each) for (each,) in cursor.fetchall()]
    for some in batched(lines, AT_ONCE):
        free = Order.objects.select_for_update().filter(pk__in=[each["order"] for each in some], company=None).order_by("pk")
        if len(free) != len(some):
            raise Conflict(_("An order was activated meanwhile. Check the file again."))
        ActivationCode.objects.bulk_create([_made(act.id, each) for each in some])
    if lines:
        act.finish(kind=run.kind, file=run.digest, lines=len(lines))


def _made(act_id: UUID, said: dict[str, Any]) -> ActivationCode:
    kind = said["kind"]
    clear = new_code(KEY_PREFIX if kind == ActivationCode.Kind.REGISTRATION_KEY else "")
    return ActivationCode(
        order_id=said["order"],
        kind=kind,
        sealed=seal(clear),
        fingerprint=fingerprints(clear)[0],
        last_four=clear[-4:],
        valid_until=said["until"],
        act_id=act_id,
    )


CODES = Kind(
    name="codes",
    label=gettext_lazy("Activation codes"),
    columns=COLUMNS,
    read=read,
    write=write,
    write_without=write_all,
    once=("order_reference", gettext_lazy("Line %(other)s has this order, too.")),
    locks=lambda: [f"channel:{Order.Channel.CODE}"],
)
