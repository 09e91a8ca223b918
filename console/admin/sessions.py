"""Sessions of people, for support: whose are open, and the acts that end them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.admin.act_forms import ALWAYS, ActForm, Done
from console.admin.read_only import ReadOnlyAdmin
from console.models import Actor, SignIn
from console.people.sessions.end_for_support import end_sessions_of


class EndSession(ActForm):
    title = gettext_lazy("End this session")
    says = gettext_lazy("Whoever uses it has to sign in again, at once.")
    button = gettext_lazy("End the session")
    one_step = True
    asks_reason = ALWAYS

    @classmethod
    def fits(cls, target: Any) -> bool:
        return target.ended_at is None

    def journal(self, key: str) -> tuple[str, str]:
        return f"user:{self.target.person_id}", key

    def act(self, *, by: Actor, key: str) -> Done:
        number = end_sessions_of(self.target.person, only=self.target.pk, by=by, key=key, **self.said)
        return Done(_("The session is ended.") if number else _("The session was over already."), self.target)


class EndAllSessions(EndSession):
    title = gettext_lazy("End all sessions of this person")
    says = gettext_lazy("They have to sign in again everywhere, at once. Their password and factors stay as they are.")
    button = gettext_lazy("End all")

    @classmethod
    def fits(cls, target: Any) -> bool:
        return True

    def act(self, *, by: Actor, key: str) -> Done:
        number = end_sessions_of(self.target.person, by=by, key=key, **self.said)
        said = ngettext("%(number)s session is ended.", "%(number)s sessions are ended.", number)
        return Done(said % {"number": number}, self.target)


@admin.register(SignIn)
class SessionAdmin(ReadOnlyAdmin):
    """A session, without its key."""

    acts = {"end": EndSession, "end-all": EndAllSessions}
    note = gettext_lazy("Where people are signed in. A session that is not open opens nothing; its row is forgotten in time.")
    fields = ["person", ("device", "address"), ("signed_in_at", "seen_at", "kept"), ("ended_at", "ended_because")]
    list_display = ["person", "device", "address", "signed_in_at", "seen_at", "ended_at", "ended_because"]
    list_display_links = ["person", "device"]
    list_select_related = ["person"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter), "ended_because", "person__is_staff"]
    search_fields = ["person__email", "person__name", "address"]
    search_help_text = gettext_lazy("E-mail address, name or network address")
    date_hierarchy = "signed_in_at"
    ordering = ["-seen_at", "-pk"]
