"""What an activation that is done has brought: the credits, the balance before and after, what is kept in use, what is next."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing import credit_questions
from licensing.models import Activation, Company, Membership, Permission
from licensing.pages.activation.offer import Offer


def what_came_of_it(activation: Activation, offer: Offer, held: list[Membership]) -> dict[str, Any]:
    assert activation.company is not None
    assert activation.license is not None
    slug, license = activation.company.slug, activation.license.pk
    issued = activation.license.statements.filter(company=activation.company, kind="issued").get()
    credits = issued.credits or 0
    before = activation.balance_before
    issued_on = activation.company.day_of(activation.issued_at or timezone.now())
    counts = issued.starts_on is not None and issued.starts_on <= issued_on
    kept = credit_questions.kept_by(activation.company, issued.act_id, issued_on) if offer.in_seats else None
    change = (credits if counts else 0) - (kept.credits if kept else 0)
    return {
        "credits": credits,
        "provisional": activation.subscription is not None and activation.subscription.term_ends_on is None,
        "starts_on": issued.starts_on,
        "expires_on": issued.expires_on,
        "balance_before": before,
        "balance_after": None if before is None else before + change,
        "kept": kept,
        "counts": counts,
        "note": _("%(credits)s credits added") % {"credits": f"{credits:,}"} if credits and counts else _("License issued"),
        "credits_url": reverse("credits:annual-credits", args=[slug]),
        "license_url": reverse("licensing:license", args=[slug, license]),
        "keep_using_url": reverse("credits:keep-using", args=[slug, license]) if offer.in_seats and not kept else "",
        "allocate": _allocating(activation.company, held) if credits and counts and not kept else {},
    }


def _allocating(company: Company, held: list[Membership]) -> dict[str, str]:
    """Where to allocate what was bought, for who may; for others, who may. Seats are asked about what they pay for instead."""
    if any(each.company_id == company.pk and Permission.ALLOCATE.allowed_to(each.roles) for each in held):
        return {"url": reverse("credits:add-allocation", args=[company.slug])}
    return {"by_whom": _("A credit manager or an owner of %(company)s can now allocate them to features.") % {"company": company}}
