"""Acts of owners in Company settings, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.models import User
from credits.desk.sentences.act_to_tell import ActToTell
from credits.desk.sentences.facts_of_acts import day_of
from credits.desk.sentences.told import Name, Words
from licensing.errors import in_words


def rename(told: ActToTell) -> Words:
    before, after = str(told.result.get("before", "")), str(told.result.get("after", ""))
    return told.says(_("%(who)s renamed the company from %(before)s to %(after)s"), before=Name(before), after=Name(after))


def require_factor(told: ActToTell) -> Words:
    day = day_of((told.result.get("after") or {}).get("from"))
    return told.says(_("%(who)s required a second factor"), _("from %(day)s on") % {"day": in_words(day)} if day else "")


def require_no_factor(told: ActToTell) -> Words:
    return told.says(_("%(who)s no longer required a second factor"))


def notices_of_new_members(told: ActToTell) -> Words:
    ways = dict(User.Told.choices)
    value = str((told.result.get("after") or {}).get("value", ""))
    return told.says(_("%(who)s stated how notices reach new members"), str(ways.get(value, value)))


def _tenant(told: ActToTell) -> Name:
    return Name(str(told.result.get("id", "")))


def state_tenant(told: ActToTell) -> Words:
    return told.says(_("%(who)s stated the tenant %(tenant)s"), tenant=_tenant(told))


def verify_tenant(told: ActToTell) -> Words:
    return told.says(_("%(who)s verified the tenant %(tenant)s"), tenant=_tenant(told))


def new_people(told: ActToTell) -> Words:
    if told.result.get("after"):
        return told.says(_("%(who)s let new people of the tenant %(tenant)s become viewers"), tenant=_tenant(told))
    return told.says(_("%(who)s let new people of the tenant %(tenant)s ask to join"), tenant=_tenant(told))


def remove_tenant(told: ActToTell) -> Words:
    return told.says(_("%(who)s removed the tenant %(tenant)s"), tenant=_tenant(told))


def ask_to_join(told: ActToTell) -> Words:
    return told.says(_("%(who)s asked to join"))


def answer_to_join(told: ActToTell) -> Words:
    if told.result.get("roles"):
        return told.says(_("%(who)s approved that %(person)s joins as a viewer"), person=told.person())
    return told.says(_("%(who)s refused that %(person)s joins"), person=told.person())


def join_from_tenant(told: ActToTell) -> Words:
    return told.says(_("%(person)s became a viewer by signing in from a tenant"), person=told.person())


SENTENCES = {
    "tenant.state": state_tenant,
    "tenant.verify": verify_tenant,
    "tenant.new-people": new_people,
    "tenant.remove": remove_tenant,
    "company.ask-to-join": ask_to_join,
    "company.answer-to-join": answer_to_join,
    "company.join-from-tenant": join_from_tenant,
    "company.rename": rename,
    "company.require-factor": require_factor,
    "company.require-no-factor": require_no_factor,
    "company.notices-of-new-members": notices_of_new_members,
}
