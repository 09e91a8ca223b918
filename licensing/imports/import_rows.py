"""Importing a file: read and judge its lines, write those that are right, and say what that does to each company.

    look_at(run)         # read, judge, write, and roll back: the report says what an import would do
    import_rows(run)     # the same, kept; nothing where any line is wrong

What is written is one transaction, so a run that is killed has written nothing. What a line says is found again by its key
(an order's reference, a business id and the like): one that is recorded adds nothing, so the same file may be given again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import batched
from typing import IO, Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from console.company_in_hand import as_act, for_all
from console.errors import DomainError
from console.models import Act, Actor
from console.models.act import acts_on_trial
from licensing import credit_questions
from licensing.access import require_support
from licensing.imports.files import UnreadableFile, lines_of
from licensing.imports.kind import KINDS, Kind, Line, Slice, by_columns, with_zones
from licensing.models import Company, ImportLine, ImportRun, LicenseEntry

logger = logging.getLogger("allotment.imports")

AT_ONCE = 2_000
"""Lines that are read and judged together."""
COMPANIES_AT_ONCE = 500
MOST_FAULTS = 200
MOST_COMPANIES = 500
"""How many a report names; it counts all."""

STAGE = "COPY licensing_importline (run_id, line, found, key, said) FROM STDIN"

TWICE = """
SELECT line, other FROM (
    SELECT line, first_value(line) OVER (PARTITION BY {what} ORDER BY line) AS other
      FROM licensing_importline WHERE run_id = %s
) AS each WHERE line <> other ORDER BY line LIMIT %s
"""

OF_COMPANIES = """
SELECT found, count(*) FROM licensing_importline WHERE run_id = %s AND found IS NOT NULL GROUP BY found ORDER BY found
"""


@dataclass
class Report:
    """What was found. `faults`: line, column, sentence. `companies`: what changes for each, of their today."""

    lines: int = 0
    adds: int = 0
    recorded: int = 0
    wrong: int = 0
    faults: list[list[Any]] = field(default_factory=list)
    number_of_companies: int = 0
    companies: list[dict[str, Any]] = field(default_factory=list)
    ended_by: str = ""
    """Why there is no more to say, in words: the file cannot be read, or something failed."""
    does_otherwise: bool = False
    """Whether it would do something else by now than was looked at: nothing was written, and this is what it would do."""

    def wrong_at(self, line: int, column: str, what: str) -> None:
        self.wrong += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append([line, column, what])

    def does_as(self, looked_at: Mapping[str, Any]) -> bool:
        """Whether it does what the report that was confirmed says. True for a file that nobody looked at before."""
        compared = ("adds", "recorded", "number_of_companies", "companies")
        return not looked_at or all(looked_at.get(each) == getattr(self, each) for each in compared)

    @property
    def is_right(self) -> bool:
        return not self.wrong and not self.ended_by


class OnlyLooked(Exception):
    """Takes back what was written to look at its effect."""


class DoesOtherwise(Exception):
    """Takes back what is not what was looked at."""


@for_all("an import concerns many companies")
def carry_out(run: ImportRun, file: IO[bytes], *, by: Actor, tell: Callable[[ImportRun], None] = lambda run: None) -> Report:
    """Read, judge and write the file of a run, or only look at it, as the run says. Its row tells others how far it is."""
    kind, report = KINDS[run.kind], Report()
    try:
        require_support(by)
        _state(run, ImportRun.State.READING, tell)
        read_lines(run, kind, file, report, tell)
        if report.is_right:
            _state(run, ImportRun.State.WRITING, tell)
            _write(run, kind, report, by)
        run.state = _outcome(run, report)
    except UnreadableFile as error:
        report.ended_by, run.state = str(error), ImportRun.State.WRONG
    except (DomainError, DatabaseError) as error:
        said = str(error) if isinstance(error, DomainError) else _("Something was recorded meanwhile. Check the file again.")
        report.ended_by, run.state = said, ImportRun.State.FAILED
        if not isinstance(error, DomainError):
            logger.warning("import %s ended", run.pk, exc_info=error)
    _forget_lines(run)
    run.report = vars(report)
    if run.state != ImportRun.State.READY:
        run.pieces.all().delete()
    run.save()
    tell(run)
    return report


def _outcome(run: ImportRun, report: Report) -> ImportRun.State:
    if not report.is_right:
        return ImportRun.State.WRONG
    return ImportRun.State.DONE if run.to_import else ImportRun.State.READY


def _state(run: ImportRun, state: ImportRun.State, tell: Callable[[ImportRun], None]) -> None:
    run.state = state
    run.save(update_fields=["state", "lines_read", "changed_at"])
    tell(run)


def _forget_lines(run: ImportRun) -> None:
    ImportLine.objects.filter(run=run).delete()


# --- Reading


def read_lines(
    run: ImportRun, kind: Kind, file: IO[bytes], report: Report, tell: Callable[[ImportRun], None] = lambda run: None
) -> None:
    """Judge every line, and stage what is kept of those that are right. Some thousand at once, each a transaction."""
    _forget_lines(run)
    run.lines_read = 0
    for some in batched(by_columns(kind.columns, lines_of(file)), AT_ONCE):
        kind.read(some)
        for line in some:
            for column, what in line.faults:
                report.wrong_at(line.number, column, what)
        right = [each for each in some if not each.faults]
        staged = [each for each in right if each.said is not None]
        report.lines += len(some)
        report.recorded += len(right) - len(staged)
        report.adds += len(staged)
        if report.is_right:
            _stage(run, staged)
        run.lines_read = report.lines
        _state(run, ImportRun.State.READING, tell)
    _judge_what_is_there_twice(run, "key", *kind.once, report)
    if kind.also_once is not None:
        name, column, sentence = kind.also_once
        _judge_what_is_there_twice(run, f"said ->> '{name}'", column, sentence, report)


def _judge_what_is_there_twice(run: ImportRun, what: str, column: str, sentence: object, report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TWICE.format(what=what), [run.pk, MOST_FAULTS])
        for number, other in cursor.fetchall():
            report.wrong_at(number, column, str(sentence) % {"other": f"{other:,}"})


def _stage(run: ImportRun, lines: Iterable[Line]) -> None:
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(STAGE) as copy:
        for each in lines:
            copy.write_row((str(run.pk), each.number, each.company, each.key, json.dumps(each.said)))


# --- Writing


def _write(run: ImportRun, kind: Kind, report: Report, by: Actor) -> None:
    try:
        with nullcontext() if run.to_import else acts_on_trial():
            write_lines(run, kind, report, by=by)
    except OnlyLooked:
        pass
    except DoesOtherwise:
        report.does_otherwise, run.to_import = True, False


@as_act(for_all="an import concerns many companies")
def write_lines(run: ImportRun, kind: Kind, report: Report, *, by: Actor) -> None:
    """Write what is staged, an act for each company. All of it or nothing; nothing where the run only looks."""
    require_support(by)
    with connection.cursor() as cursor:
        for lock in ("imports", *kind.locks()):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])
        cursor.execute(OF_COMPANIES, [run.pk])
        lines_of_company = dict(cursor.fetchall())
    report.number_of_companies = len(lines_of_company)
    if kind.write_without is not None:
        kind.write_without(run, by)
    for some in batched(lines_of_company, COMPANIES_AT_ONCE):
        _write_slice(run, kind, report, by, {pk: lines_of_company[pk] for pk in some})
    if not run.to_import:
        raise OnlyLooked
    if not report.does_as(run.report):
        raise DoesOtherwise


def _write_slice(run: ImportRun, kind: Kind, report: Report, by: Actor, lines: dict[int, int]) -> None:
    companies = Company.objects.filter(pk__in=lines)
    acts = Act.begin_many(
        "import.rows", companies=companies, key=f"import:{run.pk}", by=by, stated={"kind": kind.name, "digest": run.digest}
    )
    zones = Company.objects.filter(pk__in=lines).prefetch_related("time_zones")
    today = {each.pk: each.day_of(acts[0].recorded_at) for each in with_zones(zones)}
    wanted = {act.company.pk: act.company for act in acts[: max(0, MOST_COMPANIES - len(report.companies))]}
    before = _figures(wanted, today)
    kind.write(Slice(run, by, acts, today))
    after = _figures(wanted, today)
    for pk, company in wanted.items():
        report.companies.append(
            {
                "company": company.name,
                "business_id": company.business_id,
                "slug": company.slug,
                "lines": lines[pk],
                "before": before[pk],
                "after": after[pk],
            }
        )
    Act.objects.bulk_create([act.row(kind=kind.name, file=run.digest, lines=lines[act.company.pk]) for act in acts])


def _figures(companies: Iterable[int], today: dict[int, Any]) -> dict[int, dict[str, int]]:
    """Company id -> valid, allocated and balance of its today. A statement for each day that it is somewhere, and one."""
    days = {pk: today[pk] for pk in companies}
    balances = credit_questions.free_balances(days) if days else {}
    valid: dict[int, int] = {}
    for day in set(days.values()):
        there = [pk for pk, each in days.items() if each == day]
        sums = LicenseEntry.objects.filter(company__in=there, effective_on__lte=day).order_by().values_list("company")
        valid |= dict(sums.annotate(total=Sum("change")))
    return {pk: {"valid": valid.get(pk, 0), "allocated": valid.get(pk, 0) - balances[pk], "balance": balances[pk]} for pk in days}
