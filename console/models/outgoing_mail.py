"""Mail on its way out: a row per mail, which the worker sends."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy

from console.security.at_rest.sealed_columns import SealedColumn

WAITS = models.Q(sent_at__isnull=True, given_up_at__isnull=True)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> Self:
        """Neither sent nor given up."""
        return self.filter(WAITS)


class OutgoingMail(models.Model):
    """A mail to one address, and how far it has come. A queue, not a record: what it said is forgotten in time.

    `text` is sealed while a `secret` mail waits, and empty once it is sent; what is attached waits in it too, see
    `console.mail.attached`. `begun_at` stands while a worker hands the mail over.
    """

    class Purpose(models.TextChoices):
        ACCOUNT = "account", gettext_lazy("Account")
        NOTICE = "notice", gettext_lazy("Notice")
        DIGEST = "digest", gettext_lazy("Daily digest")
        REPORT = "report", gettext_lazy("Report to support")
        VENDOR = "vendor", gettext_lazy("To the vendor")

    to = models.CharField(gettext_lazy("to"), max_length=254, blank=True)
    subject = models.CharField(gettext_lazy("subject"), max_length=250, blank=True)
    text = models.TextField(gettext_lazy("text"), blank=True)
    secret = models.BooleanField(gettext_lazy("holds a secret"), default=False)
    purpose = models.CharField(gettext_lazy("purpose"), max_length=10, choices=Purpose)
    created_at = models.DateTimeField(gettext_lazy("queued at"))
    begun_at = models.DateTimeField(gettext_lazy("begun at"), null=True, blank=True)
    sent_at = models.DateTimeField(gettext_lazy("sent at"), null=True, blank=True)
    given_up_at = models.DateTimeField(gettext_lazy("given up at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(gettext_lazy("tries"), default=0)
    problem = models.TextField(gettext_lazy("what went wrong"), blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    sealed_columns = [SealedColumn("text", where=models.Q(secret=True))]

    class Meta:
        verbose_name = gettext_lazy("outgoing mail")
        verbose_name_plural = gettext_lazy("outgoing mail")
        indexes = [
            models.Index(fields=["-created_at"], name="mail_by_time"),
            models.Index(fields=["created_at"], name="mail_waiting", condition=WAITS),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(given_up_at__isnull=True), name="a_sent_mail_is_not_given_up"
            ),
            models.CheckConstraint(
                condition=~models.Q(secret=True, sent_at__isnull=False) | models.Q(text=""),
                name="a_secret_is_forgotten_once_it_is_sent",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.get_purpose_display()} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> str:
        """queued, sent or failed."""
        return "sent" if self.sent_at else "failed" if self.given_up_at else "queued"
