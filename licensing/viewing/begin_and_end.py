"""A view begins with a row, which alone opens the company's pages, and ends with a row or with its time.

The session only names the row: `[id, company, address name, until]`. Another session cannot use it, nor another person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.allowed_text import why_refused
from console.company_in_hand import for_all, for_company
from console.errors import NotAllowed, Refused
from console.models import User, Why
from console.people.sessions.begin_and_end import SIGN_IN
from licensing.models import Company, SupportView, SupportViewEnd, ViewPurpose

VIEWING = "viewing"
LASTS = timedelta(minutes=30)


def begin_view(session: Any, company: Company, *, person: User, purpose: str, words: str, case: str) -> SupportView:
    """Begin to view `company` in this session; a view that runs in it ends. Raises Refused without a reason."""
    if not (person.is_active and person.is_staff):
        raise NotAllowed(_("Only support can do this."))
    for field, text in ("words", words), ("case", case):
        if said := why_refused(text, lines=field == "words"):
            raise Refused(said, field=field)
    if purpose not in ViewPurpose.values:
        raise Refused(_("Choose a reason from the list."), field="purpose")
    if purpose == ViewPurpose.OTHER and not words.strip():
        raise Refused(_("Say in words which."), field="words")
    why = Why(words, "", case)
    end_view(session)
    now = timezone.now()
    with for_company(company):
        view = SupportView.objects.create(
            company=company,
            person=person,
            sign_in=session[SIGN_IN],
            purpose=purpose,
            reason=why.words,
            case_number=why.case,
            begun_at=now,
            ends_at=now + LASTS,
        )
    session[VIEWING] = [view.pk, company.pk, company.slug, view.ends_at.timestamp()]
    return view


def end_view(session: Any) -> bool:
    """End the view that runs in the session, now. Whether there was one."""
    named, now = session.get(VIEWING), timezone.now()
    if named is None or named[3] <= now.timestamp():
        return False
    session[VIEWING] = [*named[:3], now.timestamp()]
    return _ended(named[0], named[1], now)


def _ended(view: int, company: int, now: datetime) -> bool:
    with for_company(company), transaction.atomic():
        _row, new = SupportViewEnd.objects.get_or_create(company_id=company, view_id=view, defaults={"ended_at": now})
    return new


def listen() -> None:
    """Once, when all applications are there."""
    user_logged_out.connect(_signed_out, dispatch_uid="views of support")


def _signed_out(request: Any = None, **kwargs: Any) -> None:
    session = getattr(request, "session", None)
    if session is not None and session.get(VIEWING):
        with for_all("a member of staff signs out"):
            end_view(session)
