"""Acts on companies, their people, and what they are told, in words."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credits.desk.sentences.act_to_tell import ActToTell
from credits.desk.sentences.facts_of_acts import day_of
from credits.desk.sentences.told import Name, Words
from licensing.errors import in_words
from licensing.models import roles_label
from licensing.notices.kinds import kind_of


def _registered(told: ActToTell) -> Name:
    company = told.known.companies.get(int(told.result.get("company") or 0))
    return Name(company.name, reverse("desk:company", args=[company.slug])) if company else Name(_("a company"))


def register_company(told: ActToTell) -> Words:
    return told.says(_("%(who)s registered %(company)s"), company=_registered(told))


def register_own(told: ActToTell) -> Words:
    return told.says(_("%(who)s registered their company %(company)s"), company=_registered(told))


def state_time_zone(told: ActToTell) -> Words:
    _before, stated = told.zones
    if stated is None or told.company is None:
        return told.says(_("%(who)s stated the time zone"))
    day = told.company.day_of(datetime.fromisoformat(stated["at"]))
    zone = Name(stated["zone"].replace("_", " "))
    return told.says(_("%(who)s stated the time zone %(zone)s"), told.from_day(day), zone=zone)


def set_roles(told: ActToTell) -> Words:
    before, roles = roles_label(told.result.get("before", [])), roles_label(told.result.get("roles", []))
    if told.of_erasure:
        return told.says(_("%(who)s was erased, and is a member no more"))
    if roles:
        return told.says(_("%(who)s set the roles of %(person)s to %(roles)s"), person=told.person(), roles=Name(roles))
    if before:
        return told.says(_("%(who)s removed %(person)s (%(before)s)"), person=told.person(), before=before)
    return told.says(_("%(who)s removed %(person)s"), person=told.person())


def provider_viewer(told: ActToTell) -> Words:
    if told.result.get("looks"):
        return told.says(_("%(who)s let %(person)s look at the customers"), person=told.person())
    return told.says(_("%(who)s let %(person)s look at the customers no longer"), person=told.person())


def provider_access(told: ActToTell) -> Words:
    found = told.known.row("provider", told.result.get("provider"))
    provider = Name(found["name"] if found else _("its service provider"))
    if told.result.get("closed"):
        return told.says(_("%(who)s closed the company to %(provider)s"), provider=provider)
    return told.says(_("%(who)s opened the company to %(provider)s"), provider=provider)


def _roles(told: ActToTell) -> Name:
    return Name(roles_label(told.result.get("roles", [])))


def _invitation(told: ActToTell) -> Name:
    """By its address while it is open; afterwards that is forgotten, and its day is left."""
    found = told.known.row("invitation", told.result.get("invitation"))
    if found is None or told.company is None:
        return Name(_("an invitation"))
    roles = roles_label(found["roles"])
    if found["address"]:
        return Name(_("the invitation of %(address)s as %(roles)s") % {"address": found["address"], "roles": roles})
    day = in_words(told.company.day_of(datetime.fromisoformat(found["at"])))
    return Name(_("an invitation of %(day)s as %(roles)s") % {"day": day, "roles": roles})


def invite(told: ActToTell) -> Words:
    found = told.known.row("invitation", told.result.get("invitation")) or {}
    if found.get("address"):
        return told.says(_("%(who)s invited %(address)s as %(roles)s"), address=Name(found["address"]), roles=_roles(told))
    return told.says(_("%(who)s invited somebody as %(roles)s"), roles=_roles(told))


def send_again(told: ActToTell) -> Words:
    return told.says(_("%(who)s sent %(invitation)s again"), invitation=_invitation(told))


def withdraw_invitation(told: ActToTell) -> Words:
    return told.says(_("%(who)s withdrew %(invitation)s"), invitation=_invitation(told))


def join(told: ActToTell) -> Words:
    return told.says(_("%(who)s joined by %(invitation)s, and is %(roles)s"), invitation=_invitation(told), roles=_roles(told))


def leave(told: ActToTell) -> Words:
    return told.says(_("%(who)s left the company"))


def _role(told: ActToTell) -> Name:
    return Name(roles_label([str(told.result.get("role", ""))]))


def ask_for_role(told: ActToTell) -> Words:
    return told.says(_("%(who)s asked for the role %(role)s"), role=_role(told))


def decide_role_request(told: ActToTell) -> Words:
    if told.result.get("granted"):
        return told.says(_("%(who)s approved the role %(role)s for %(person)s"), person=told.person(), role=_role(told))
    return told.says(_("%(who)s refused the role %(role)s to %(person)s"), person=told.person(), role=_role(told))


def report_figure(told: ActToTell) -> Words:
    day = day_of(told.result.get("day"))
    return told.says(
        _("%(who)s reported a figure that looks wrong"),
        str(told.result.get("figure") or ""),
        _("as of %(day)s") % {"day": in_words(day)} if day else "",
        _("“%(words)s”") % {"words": str(told.result.get("words", ""))[:200]},
    )


def choose_notices(told: ActToTell) -> Words:
    return told.says(_("%(who)s chose how notices reach %(person)s"), person=told.person())


def end_sessions(told: ActToTell) -> Words:
    number = int(told.result.get("ended", 0))
    ended = ngettext("%(number)s session ended", "%(number)s sessions ended", number) % {"number": number}
    return told.says(_("%(who)s signed %(person)s out"), ended, person=told.person())


def set_password(told: ActToTell) -> Words:
    if told.result.get("usable", True):
        return told.says(_("%(who)s set a password of %(person)s"), person=told.person())
    return told.says(_("%(who)s took the password of %(person)s away"), person=told.person())


def erase_person(told: ActToTell) -> Words:
    return told.says(_("%(who)s erased %(person)s"), person=told.person())


def resend_notice(told: ActToTell) -> Words:
    found = told.wrote.delivery
    if found is None:
        return told.says(_("%(who)s sent a notice again"))
    notice = Name(str(kind_of(found["kind"]).label))
    return told.says(_("%(who)s sent %(notice)s to %(person)s again"), notice=notice, person=Name(found["person"]))


SENTENCES = {
    "company.register": register_company,
    "company.register-own": register_own,
    "company.time-zone": state_time_zone,
    "company.roles": set_roles,
    "company.provider-viewer": provider_viewer,
    "company.provider-access": provider_access,
    "people.invite": invite,
    "people.send-again": send_again,
    "people.withdraw-invitation": withdraw_invitation,
    "people.join": join,
    "people.leave": leave,
    "roles.ask": ask_for_role,
    "roles.decide": decide_role_request,
    "figure.report": report_figure,
    "person.choose-notices": choose_notices,
    "person.end-sessions": end_sessions,
    "person.set-password": set_password,
    "person.erase": erase_person,
    "notice.resend": resend_notice,
}
