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


SENTENCES = {
    "company.rename": rename,
    "company.require-factor": require_factor,
    "company.require-no-factor": require_no_factor,
    "company.notices-of-new-members": notices_of_new_members,
}
