"""Act: state how notices reach people who are new to the console when they become members; and what does that then."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, User
from licensing.access import require
from licensing.acts.company_settings.state import latest, state
from licensing.models import Company, CompanyStatement, Permission

ABOUT = CompanyStatement.About.NOTICES


@as_act
def state_notices_of_new_members(company: Company, *, told: str, today: date, by: Actor, key: str) -> CompanyStatement:
    """Whoever becomes a member from now on, and is new, is told so until they choose. Nothing changes for who is one."""
    require(by, company, Permission.PEOPLE)
    act = Act.begin("company.notices-of-new-members", scope=company, key=key, by=by, stated={"told": told})
    if act.done:
        return CompanyStatement.objects.for_company(company).get(pk=act.result["statement"])
    if told not in User.Told.values:
        raise Refused(_("Choose one of the ways that are offered."), field="told")
    return state(act, company, about=ABOUT, value=told, effective_on=today)


def way_of_new_members(company: Company) -> str:
    """One of `User.Told`. One statement."""
    row = latest(company, ABOUT)
    return row.value if row is not None else User.Told.AT_ONCE.value


def tell_new_member(company: Company, person: User) -> None:
    """To be called where a person who is new to the console became a member: what they choose themselves takes its place.

    One statement; one more where the company states another way than the usual one.
    """
    way = way_of_new_members(company)
    if way != User.Told.AT_ONCE:
        User.objects.filter(pk=person.pk, told=User.Told.AT_ONCE, told_of={}).update(told=way)
