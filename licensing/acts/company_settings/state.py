"""What the acts on settings share: the statement that held before, and the one that holds from now on."""

from __future__ import annotations

from datetime import date

from console.models.act import ActInProgress
from licensing.models import Company, CompanyStatement


def latest(company: Company, about: str) -> CompanyStatement | None:
    """The statement that holds of a thing, whether its day has come or not. One statement."""
    found: CompanyStatement | None = CompanyStatement.objects.for_company(company).about(about).first()
    return found


def state(act: ActInProgress, company: Company, *, about: str, value: str, effective_on: date) -> CompanyStatement:
    """Add a statement and end its act, which says what was before. Three statements."""
    before = latest(company, about)
    row: CompanyStatement = CompanyStatement.objects.create(
        company=company, act_id=act.id, recorded_at=act.recorded_at, about=about, value=value, effective_on=effective_on
    )
    act.finish(statement=row.pk, before=_told(before), after=_told(row))
    return row


def _told(row: CompanyStatement | None) -> dict[str, str] | None:
    return None if row is None else {"value": row.value, "from": str(row.effective_on)}
