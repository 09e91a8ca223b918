"""What companies are told without asking, and whom it reached."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.company import Company
from licensing.models.tenant import TenantRow
from licensing.models.tenant_reference import TenantForeignKey


class NoticeQuerySet(models.QuerySet):
    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)

    def open(self) -> Self:
        """Those that are still true."""
        return self.filter(resolved_at=None)


class Notice(TenantRow):
    """Something a company is told, once: `kind` (see `licensing.notices.kinds`) and `about`, such as a term and its last day.

    `facts` fill its sentences in: days as ISO text under names that end in `_on`, whole numbers, names. A notice that is no
    longer true is resolved; should it come true again it is open again, and nobody is told twice.
    """

    seen_by_its_provider = True

    kind = models.CharField(gettext_lazy("kind"), max_length=30)
    about = models.CharField(gettext_lazy("about"), max_length=150)
    facts = models.JSONField(gettext_lazy("facts"), default=dict)
    created_at = models.DateTimeField(gettext_lazy("told at"))
    holds_until = models.DateField(gettext_lazy("of no use from"), null=True, blank=True)
    resolved_at = models.DateTimeField(gettext_lazy("no longer true since"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("notice")
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "about"], name="a_company_is_told_once"),
            models.UniqueConstraint(fields=["company", "id"], name="notice_is_one_row_of_its_company"),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at"], name="notice_company_latest"),
            models.Index(fields=["company", "kind"], condition=models.Q(resolved_at=None), name="notice_company_open"),
        ]

    def __str__(self) -> str:
        from licensing.notices.kinds import kind_of

        return kind_of(self.kind).title_of(self.facts)


class NoticeDelivery(TenantRow):
    """A notice on its way to one person: by mail at once, with others in the daily digest, or in the console only.

    In the console everybody reads it, whatever the channel: `read_at`. A resent one names the act by which support did it.
    """

    seen_by_its_provider = True

    class Channel(models.TextChoices):
        MAIL = "mail", gettext_lazy("E-mail")
        DIGEST = "digest", gettext_lazy("Daily digest")
        CONSOLE = "console", gettext_lazy("Console")

    notice = TenantForeignKey(Notice, models.PROTECT, related_name="deliveries", db_constraint=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=gettext_lazy("person"))
    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Channel)
    mail = models.ForeignKey(
        "console.OutgoingMail", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("mail")
    )
    created_at = models.DateTimeField(gettext_lazy("told at"))
    read_at = models.DateTimeField(gettext_lazy("read at"), null=True, blank=True)
    act = TenantForeignKey(
        "console.Act",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=gettext_lazy("resent by"),
    )

    class Meta:
        verbose_name = gettext_lazy("notice delivery")
        verbose_name_plural = gettext_lazy("notice deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "notice", "user"], condition=models.Q(act=None), name="a_person_is_told_once"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "user"], condition=models.Q(read_at=None, act=None), name="delivery_company_unread"),
            models.Index(fields=["user"], condition=models.Q(channel="digest", mail=None), name="delivery_awaits_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.user}"

    @property
    def state(self) -> str:
        """queued, sent or failed, as its mail is; in the console it is there at once. Reads the mail."""
        if self.channel == self.Channel.CONSOLE:
            return "sent"
        return self.mail.state if self.mail else "queued"

    @property
    def sent_at(self) -> Any:
        """When it was there. Reads the mail."""
        if self.channel == self.Channel.CONSOLE:
            return self.created_at
        return self.mail.sent_at if self.mail else None
