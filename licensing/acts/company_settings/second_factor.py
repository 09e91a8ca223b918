"""Acts: require a second factor of everybody who opens the company's pages, from a day on; and require it no more."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.mail.queueing import queue_mails
from console.models import Act, Actor, OutgoingMail, User
from console.people.second_factor.set_up import people_without
from licensing.access import require
from licensing.acts.company_settings.state import latest, state
from licensing.errors import TooFarAhead, in_words
from licensing.models import Company, CompanyStatement, Membership, Permission
from licensing.rules.calendar_arithmetic import add_months

ABOUT = CompanyStatement.About.SECOND_FACTOR
MOST_MONTHS_AHEAD = 12
"""A day further ahead is a slip, and everybody would get a mail about it."""


@as_act
def require_second_factor(company: Company, *, on: date, today: date, by: Actor, key: str) -> CompanyStatement:
    """From the start of `on` nobody opens a page of the company, or does anything in it, without a second factor.

    Members who have none are told by mail. An owner who has none is refused: they would be the first to be kept out. A further
    statement takes the place of this one. Raises Refused for a day that is over, and for one more than a year ahead.
    """
    require(by, company, Permission.PEOPLE)
    act = Act.begin("company.require-factor", scope=company, key=key, by=by, stated={"on": on})
    if act.done:
        return CompanyStatement.objects.for_company(company).get(pk=act.result["statement"])
    if on < today:
        raise Refused(_("This day is over. Choose today or a later day."), field="on")
    if on > (latest_day := add_months(today, MOST_MONTHS_AHEAD)):
        raise TooFarAhead(latest_day)
    without = _without_factor(company)
    if by.user is not None and any(person.pk == by.user.pk for person in without):
        raise Refused(_("You have no second factor yourself. Set one up first: you would be kept out."))
    row = state(act, company, about=ABOUT, value=CompanyStatement.REQUIRED, effective_on=on)
    queue_mails([_mail(person, company, on) for person in without])
    return row


@as_act
def require_no_second_factor(company: Company, *, today: date, by: Actor, key: str) -> CompanyStatement:
    """From now on a person's sign-in alone opens the company's pages; members without a factor are told by mail.

    Raises Refused where no factor is required.
    """
    require(by, company, Permission.PEOPLE)
    act = Act.begin("company.require-no-factor", scope=company, key=key, by=by, stated={})
    if act.done:
        return CompanyStatement.objects.for_company(company).get(pk=act.result["statement"])
    before = latest(company, ABOUT)
    if before is None or before.value != CompanyStatement.REQUIRED:
        raise Refused(_("No second factor is required."))
    row = state(act, company, about=ABOUT, value=CompanyStatement.NOT_REQUIRED, effective_on=today)
    queue_mails([_mail_of_none(person, company, before.effective_on) for person in _without_factor(company)])
    return row


def _without_factor(company: Company) -> list[User]:
    """The members who have none: whom a required factor concerns. One statement."""
    return people_without(Membership.objects.filter(company=company, user__is_active=True).values_list("user", flat=True))


def _mail_of_none(person: User, company: Company, on: date) -> OutgoingMail:
    said = {"company": company.name, "day": in_words(on)}
    lines = [
        _("%(company)s requires no second factor any more. It was required from %(day)s on.") % said,
        "",
        _("You need not set one up for it. An account with one is safer all the same:"),
        settings.CONSOLE_URL + reverse("mfa_index"),
    ]
    return OutgoingMail(
        to=person.email,
        subject=_("%(company)s: no second factor is required") % said,
        text="\n".join(lines) + "\n",
        purpose=OutgoingMail.Purpose.ACCOUNT,
    )


def _mail(person: User, company: Company, on: date) -> OutgoingMail:
    said = {"company": company.name, "day": in_words(on), "address": settings.CONSOLE_URL + reverse("mfa_index")}
    lines = [
        _("From %(day)s on, %(company)s opens its pages to people with a second factor only. You have set up none.") % said,
        "",
        _("Set up an authenticator app or a security key here; it takes a minute:"),
        said["address"],
        "",
        _("Until you have one, you are led there whenever you open a page of %(company)s from that day on.") % said,
    ]
    return OutgoingMail(
        to=person.email,
        subject=_("%(company)s: a second factor is required from %(day)s on") % said,
        text="\n".join(lines) + "\n",
        purpose=OutgoingMail.Purpose.ACCOUNT,
    )
