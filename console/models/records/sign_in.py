"""That somebody signed in with a browser: when, with what, from where; and when and why that was over."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy


class SignIn(models.Model):
    """One session of a person. The session names its row, and opens nothing without it or once it has ended.

    `session` is the hash under which the session is kept, never its key. Times are the database's own. Not a fact: a row goes
    some time after it has ended.
    """

    class Ended(models.TextChoices):
        SIGNED_OUT = "signed-out", gettext_lazy("Signed out")
        PERSON = "person", gettext_lazy("Ended by the person")
        SUPPORT = "support", gettext_lazy("Ended by support")
        IDLE = "idle", gettext_lazy("Not used for too long")
        AGE = "age", gettext_lazy("Signed in for too long")
        PASSWORD = "password", gettext_lazy("The password was changed")
        FACTOR = "factor", gettext_lazy("A second factor was set up")
        SWITCHED_OFF = "switched-off", gettext_lazy("The account was switched off")
        RESTORED = "restored", gettext_lazy("The database was restored")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins", verbose_name=gettext_lazy("person")
    )
    session = models.CharField(gettext_lazy("session"), max_length=64, editable=False)
    device = models.CharField(gettext_lazy("device"), max_length=80, blank=True)
    address = models.CharField(gettext_lazy("network address"), max_length=45, blank=True)
    kept = models.BooleanField(gettext_lazy("keep me signed in"), default=False)
    signed_in_at = models.DateTimeField(gettext_lazy("signed in"), db_default=Now())
    seen_at = models.DateTimeField(gettext_lazy("last seen"), db_default=Now())
    ended_at = models.DateTimeField(gettext_lazy("ended"), null=True, blank=True)
    ended_because = models.CharField(gettext_lazy("why it ended"), max_length=20, choices=Ended, blank=True)

    class Meta:
        verbose_name = gettext_lazy("session")
        verbose_name_plural = gettext_lazy("sessions")
        indexes = [
            models.Index(fields=["person", "-seen_at"], name="sign_in_person_seen_at"),
            models.Index(fields=["ended_at", "seen_at"], name="sign_in_ended_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_because="")
                | models.Q(ended_at__isnull=False) & ~models.Q(ended_because=""),
                name="a_session_that_ended_says_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.device} ({self.signed_in_at:%Y-%m-%d %H:%M} UTC)"
