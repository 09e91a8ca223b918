"""Statements of account: every month of a company, and one with all that moved in it. The same as a file, and on paper."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.errors import DomainError
from console.exports.export_of import export_of, wants_export
from console.templatetags.formats import day_as
from credits.pages.statement.sheets import months_sheet, movements_sheet
from credits.reading.accounts.account import Account, account, account_begins_on
from credits.rules.accounts.months import Month, first_of
from licensing.access import of_company
from licensing.models import Company
from licensing.rules.calendar_arithmetic import add_months

AROUND = 2
"""So many months to either side stand below one."""


class MonthToCome(DomainError):
    """The address names a month that has not begun for the company."""

    status = 404


@require_safe
@of_company()
def statements(request: HttpRequest, company: Company) -> HttpResponse:
    today: date = request.today  # type: ignore[attr-defined]
    begun = account_begins_on(company)
    months = account(company, first=min(begun, today), today=today).months if begun else []
    if wants_export(request):
        return export_of(request, partial(months_sheet, list(months), today))
    rows = _rows(reversed(months), company, today)
    return render(request, "credits/statement/months.html", {"rows": rows, **_frame(company)})


@require_safe
@of_company()
def statement(request: HttpRequest, company: Company, month: date) -> HttpResponse:
    today: date = request.today  # type: ignore[attr-defined]
    if month > today:
        raise MonthToCome(
            _("%(month)s is still to come. The statement of the current month tells what has moved so far.")
            % {"month": month_in_words(month)}
        )
    found = account(company, first=add_months(month, -AROUND), today=today, shown=month)
    place = next(number for number, each in enumerate(found.months) if each.first == month)
    shown = found.months[place]
    so_far = shown.last >= today
    query = _as_known(company, shown, so_far)
    if wants_export(request):
        months = partial(months_sheet, list(found.months), today)
        return export_of(request, partial(movements_sheet, shown, found.movements, min(shown.last, today)), months=months)
    around = found.months[max(0, place - AROUND) : place + AROUND + 1]
    if not found.begun_before:
        begun = [number for number, each in enumerate(around) if each.moved.number or each.first >= month]
        around = around[begun[0] :]
    context = {
        **_frame(company),
        "month": shown,
        "title": month_in_words(month),
        "so_far": so_far,
        "last": min(shown.last, today),
        "before": month_in_words(add_months(month, -1)),
        "after": month_in_words(add_months(month, 1)),
        "previous_url": _address(company, add_months(month, -1)) if found.begun_before or around[0].first < month else "",
        "next_url": "" if so_far else _address(company, add_months(month, 1)),
        "valid_size": abs(shown.moved.valid_change),
        "allocated_size": abs(shown.moved.allocated_change),
        "movements": _movements(found, shown, company, query),
        "opening_url": _explained(company, "current-balance", month - timedelta(days=1), _known(company, month)),
        "closing_url": _explained(company, "current-balance", min(shown.last, today), query),
        "later": [
            {"number": number, "month": month_in_words(first), "url": _address(company, first)} for first, number in found.later
        ],
        "rows": _rows(reversed(around), company, today, shown=month),
    }
    return render(request, "credits/statement/month.html", context)


def month_in_words(first: date) -> str:
    """June 2026."""
    return day_as(first, "F Y")


def _frame(company: Company) -> dict[str, Any]:
    return {
        "annual_url": reverse("credits:annual-credits", args=[company.slug]),
        "months_url": reverse("credits:statements", args=[company.slug]),
    }


def _address(company: Company, month: date) -> str:
    return reverse("credits:statement", args=[company.slug, month])


def _as_known(company: Company, shown: Month, so_far: bool) -> str:
    """How explanations are asked for as the statement knows them: a month that is over knows what was recorded in it."""
    return "" if so_far else _known(company, add_months(shown.first, 1))


def _known(company: Company, month: date) -> str:
    """Just before a month began, in the company's zone."""
    instant = company.begin_of(month) - timedelta(microseconds=1)
    return instant.astimezone(company.zone_at(instant)).isoformat()


def _explained(company: Company, figure: str, on: date, known: str) -> str:
    asked = {"on": str(on), **({"known": known} if known else {})}
    return f"{reverse('explain', args=[company.slug, figure])}?{urlencode(asked)}"


def _movements(found: Account, shown: Month, company: Company, known: str) -> list[dict[str, Any]]:
    """Each with the balance after it."""
    balance = shown.opening.balance
    rows = []
    for each in found.movements:
        balance += each.balance_change
        rows.append({"movement": each, "balance": balance, "url": _explained(company, each.figure, each.stands_on, known)})
    return rows


def _rows(months: Any, company: Company, today: date, *, shown: date | None = None) -> list[dict[str, Any]]:
    return [
        {
            "month": each,
            "name": month_in_words(each.first),
            "url": _address(company, each.first),
            "is_shown": each.first == shown,
            "so_far": each.first == first_of(today),
        }
        for each in months
    ]
