"""Support's acts on what marketplaces say: compare, try again, mark read."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from console.admin import ActForm, Done
from console.admin.act_forms import ALWAYS, IF_ANY, NEVER
from console.errors import Conflict, Refused
from console.models import Actor
from console.people.staff.roles import StaffRole
from licensing.models import Activation, Company, Difference, MarketplaceEvent, Subscription
from licensing.purchases.activation.resume_activation import resume_activation
from licensing.purchases.for_support.mark_read import mark_read
from licensing.queueing import CARRY_ON_ACTIVATION, HANDLE_AGAIN, LOOK_AGAIN, RECONCILE_ALL, RECONCILE_ONE, after_commit


class CompareNow(ActForm):
    """Queued, because the marketplace may take its time; nothing of ours is written by asking."""

    title = gettext_lazy("Compare now")
    says = gettext_lazy(
        "Asks the marketplace how the subscription stands, and brings the order there where it differs, by the same acts as a "
        "notification. What only a person can mend appears under the differences."
    )
    button = gettext_lazy("Compare")
    asks_reason = NEVER
    needs = StaffRole.MARKETPLACES
    one_step = True
    target: Subscription

    def journal(self, key: str) -> tuple[str, str]:
        return "", key

    def act(self, *, by: Actor, key: str) -> Done:
        after_commit(RECONCILE_ONE, channel=self.target.channel, external_id=self.target.external_id)
        said = _(
            "The comparison is queued. Reload this page in a few seconds: “as of” and the comparisons below show that it is done."
        )
        return Done(said, self.target)


class AlreadyComparing(Conflict):
    def __init__(self) -> None:
        super().__init__(
            _("A comparison waits or runs already. Its result appears in the list of reconciliations; one is enough.")
        )


class CompareAll(ActForm):
    title = gettext_lazy("Compare everything")
    says = gettext_lazy(
        "Asks the marketplace for all subscriptions, as every night, and brings ours there where they differ. It runs in the "
        "worker and may take minutes."
    )
    button = gettext_lazy("Compare")
    asks_reason = NEVER
    needs = StaffRole.MARKETPLACES
    one_step = True

    def journal(self, key: str) -> tuple[str, str]:
        return "", key

    def act(self, *, by: Actor, key: str) -> Done:
        for channel in settings.MARKETPLACES:
            compare_all(channel)
        url = reverse("admin:licensing_reconciliation_changelist")
        return Done(_("The comparison is queued; it appears here once it has begun."), None, url)


def compare_all(channel: str) -> None:
    """Queue a comparison of everything. Raises AlreadyComparing while another waits or runs."""
    lock = f"{RECONCILE_ALL}:{channel}"
    if ProcrastinateJob.objects.filter(task_name=RECONCILE_ALL, status="doing", args__channel=channel).exists():
        raise AlreadyComparing
    try:
        with transaction.atomic():
            app.configure_task(RECONCILE_ALL, queueing_lock=lock, allow_unknown=False).defer(channel=channel)
    except AlreadyEnqueued:
        raise AlreadyComparing from None


class TryAgain(ActForm):
    title = gettext_lazy("Try again")
    says = gettext_lazy(
        "Sets the activation going again for the same company. Do so once what is wrong is mended: the plan has a product, the "
        "payment is settled, the connection works. If plan or quantity have changed since, the person has to review them anew."
    )
    button = gettext_lazy("Try again")
    asks_reason = ALWAYS
    needs = StaffRole.MARKETPLACES
    one_step = True
    target: Activation

    @classmethod
    def fits(cls, target: Activation) -> bool:
        tried = target.state in (Activation.State.FAILED, Activation.State.NOT_KNOWN, Activation.State.ACTIVATING)
        return tried and target.company_id is not None and target.subscription_id is not None

    def company(self) -> Company | None:
        return self.target.company

    def state(self) -> str:
        return "{}:{}".format(*Activation.objects.values_list("state", "company_id").get(pk=self.target.pk))

    def lock(self) -> None:
        Activation.objects.select_for_update(of=("self",)).get(pk=self.target.pk)
        if self.target.subscription_id is not None:
            Subscription.objects.locked().get(pk=self.target.subscription_id)

    def journal(self, key: str) -> tuple[str, str]:
        return f"company:{self.target.company_id}", key

    def act(self, *, by: Actor, key: str) -> Done:
        resumed = resume_activation(self.target, by=by, reason=self.cleaned_data["reason"], key=key)
        if not self.done_before:
            after_commit(CARRY_ON_ACTIVATION, activation=str(resumed.pk))
        return Done(_("The activation is under way again. Reload this page in a few seconds to see how it went."), resumed)


class LookAgain(ActForm):
    """Queued, as the comparison of one subscription."""

    title = gettext_lazy("Look again")
    says = gettext_lazy(
        "Asks the marketplace once more for what the notification told of, and follows what it says. One that could not be "
        "confirmed when it came is handled now; of any other the purchase is read again."
    )
    button = gettext_lazy("Look again")
    asks_reason = NEVER
    needs = StaffRole.MARKETPLACES
    one_step = True
    target: MarketplaceEvent

    @classmethod
    def fits(cls, target: MarketplaceEvent) -> bool:
        return not target.is_done or (target.state == MarketplaceEvent.State.SUSPICIOUS and target.subscription_id is not None)

    def journal(self, key: str) -> tuple[str, str]:
        return "", key

    def act(self, *, by: Actor, key: str) -> Done:
        if not self.fits(self.target):
            raise Refused(_("It has been handled since; there is nothing to look at again."))
        after_commit(LOOK_AGAIN if self.target.is_done else HANDLE_AGAIN, event=self.target.pk)
        said = _("The marketplace is asked again. Reload this page in a few seconds to see what came of it.")
        return Done(said, self.target)


class MarkRead(ActForm):
    title = gettext_lazy("Mark read")
    says = gettext_lazy("It stays listed; the health page no longer asks for attention.")
    button = gettext_lazy("Mark read")
    asks_reason = IF_ANY
    needs = StaffRole.MARKETPLACES
    one_step = True
    target: Difference | MarketplaceEvent

    @classmethod
    def fits(cls, target: Difference | MarketplaceEvent) -> bool:
        if isinstance(target, Difference) and target.mended_at is not None:
            return False
        if isinstance(target, MarketplaceEvent) and target.is_done and target.state != MarketplaceEvent.State.SUSPICIOUS:
            return False
        return target.read_at is None

    def company(self) -> Company | None:
        return self.target.subscription.claimed_by if self.target.subscription else None

    def journal(self, key: str) -> tuple[str, str]:
        company = self.company()
        return (f"company:{company.pk}" if company else f"channel:{self.target.channel}"), key

    def act(self, *, by: Actor, key: str) -> Done:
        return Done(_("Marked read."), mark_read(self.target, by=by, key=key, reason=self.cleaned_data["reason"]))
