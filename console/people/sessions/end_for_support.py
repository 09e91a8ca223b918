"""Act: support ends sessions of a person, one or all. At once."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason, SignIn, User
from console.people.sessions.begin_and_end import end_sessions, open_sessions_of


@as_act
def end_sessions_of(person: User, *, by: Actor, key: str, reason: Reason, only: int | None = None) -> int:
    """How many were ended. `only` is the id of one; without it all. Raises Refused for anybody but support."""
    stated = {"person": person.pk, "only": only}
    act = Act.begin("person.end-sessions", scope=f"user:{person.pk}", key=key, by=by, stated=stated, reason=reason)
    if not act.done:
        if not by.is_support:
            raise Refused(_("Only support ends the sessions of others."))
        mine = open_sessions_of(person)
        act.finish(ended=end_sessions(mine.filter(pk=only) if only is not None else mine, SignIn.Ended.SUPPORT))
    return int(act.result["ended"])
