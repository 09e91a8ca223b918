"""What licensing keeps of a person, and how they leave all their companies when they are erased."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.company_in_hand import for_all
from console.errors import Refused
from console.models import Actor, User
from console.models.user import ERASED_AT
from console.people.privacy.parts import Identity, forgets, hindrances, holds, mentions, steps
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.people.owners import OWNERS
from licensing.models import Company, MarketplaceEvent, Membership, Subscription, WrongCode

KEPT = gettext_lazy("kept, by the id alone")
ERASURE = gettext_lazy("Erasure")
"""The machine that ends the memberships of who is erased."""


class LastOwner(Refused):
    """A company would be left without an owner."""

    def __init__(self, companies: list[Company]) -> None:
        names = ", ".join(company.name for company in companies)
        super().__init__(
            _("%(companies)s would be left without an owner. Make somebody else an owner there first, then come back.")
            % {"companies": names}
        )


def what_stands_in_the_way(person: User) -> list[str]:
    """The sentence of LastOwner, where it would be raised."""
    alone = last_owner_in(person)
    return [str(LastOwner(alone))] if alone else []


def leave_companies(person: User, by: Actor, key: str, without_owner: bool) -> None:
    """End each membership by an act of its company. Raises LastOwner unless companies may be left `without_owner`.

    The companies are locked by id first, so that two owners who leave at once do not both find the other.
    """
    held = sorted(Membership.objects.filter(user=person).values_list("company", flat=True))
    companies = list(Company.objects.select_for_update(no_key=True).filter(pk__in=held).order_by("pk"))
    if not without_owner and (alone := last_owner_in(person)):
        raise LastOwner(alone)
    machine = Actor.for_person(str(ERASURE), person)
    for company in companies:
        set_roles(company, user=person, roles=[], by=machine, key=f"{key}:leaves:{by.kind}")


def last_owner_in(person: User) -> list[Company]:
    """The companies in which nobody else is an owner, by name. One statement."""
    owners = Membership.objects.filter(OWNERS)
    mine = owners.filter(user=person).values("company")
    others = owners.exclude(user=person).values("company")
    with for_all("a person's own companies, and who else is an owner there"):
        return list(Company.objects.filter(pk__in=mine).exclude(pk__in=others).order_by("name", "pk"))


def register() -> None:
    """Once, when all applications are there."""
    holds("licensing.Membership.user", gettext_lazy("Roles in companies"), gettext_lazy("ended"))
    holds("licensing.NoticeDelivery.user", gettext_lazy("Notices"), KEPT)
    holds(
        "licensing.Activation.person",
        gettext_lazy("Activated purchases"),
        KEPT,
        left_out=("token_sealed", "handed_over", "brought_from"),
    )
    holds(
        "licensing.Activation.handed_over_by",
        gettext_lazy("Purchases that were handed over"),
        KEPT,
        left_out=("token_sealed", "handed_over", "brought_from", "person"),
    )
    holds("licensing.SupportView.person", gettext_lazy("Views as support"), KEPT)
    holds("licensing.ImportRun.by", gettext_lazy("Imported files"), KEPT, left_out=("report",))
    holds("licensing.WrongCode.person", gettext_lazy("Codes that were not taken"), gettext_lazy("deleted"), left_out=("source",))
    bought = gettext_lazy("Purchases by this address at a marketplace")
    replaced = gettext_lazy("address replaced, whatever the marketplace says later")
    holds("licensing.Subscription.beneficiary_email", bought, replaced, left_out=("purchaser_email",), found_by="address")
    holds(
        "licensing.Subscription.purchaser_email",
        bought,
        replaced,
        left_out=("beneficiary_email", "beneficiary_object_id"),
        found_by="address",
    )
    mentions("licensing.MarketplaceEvent", "detail")
    mentions("licensing.ImportRun", "report", "file_name")
    steps.append(leave_companies)
    hindrances.append(what_stands_in_the_way)
    forgets.append(_forget)


def _forget(who: Identity) -> None:
    WrongCode.objects.filter(person=who.pk).delete()
    replaced = f"erased-{who.pk}{ERASED_AT}"
    bought = Subscription.objects.annotate(of=Lower("beneficiary_email"), by=Lower("purchaser_email"))
    bought.filter(of__in=who.addresses).update(beneficiary_email=replaced, beneficiary_object_id="")
    bought.filter(by__in=who.addresses).update(purchaser_email=replaced)
    mentioned = Q()
    for address in who.addresses:
        mentioned |= Q(raw__icontains=address)
    MarketplaceEvent.objects.filter(mentioned).update(raw="")
