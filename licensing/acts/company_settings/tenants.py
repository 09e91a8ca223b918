"""Acts on the tenants whose people may join a company: state one, verify it, say what new people become, remove it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, Actor
from console.people.openid_connect.id_token import GUID
from console.people.openid_connect.signed_in_from import SignedInFrom
from licensing.access import require
from licensing.models import Company, JoinRequest, Permission, SignInTenant

OF_NOBODY = frozenset({"9188040d-6c67-4c5b-b112-36a304b66dad", "f8cdef31-a31e-4b4a-93e4-5f571e91255a"})
"""Tenants of Microsoft Entra that are no organization's: everybody's personal accounts, and Microsoft's own services."""
MOST_TENANTS = 20


@as_act
def state_tenant(company: Company, *, provider: str, tenant: str, by: Actor, key: str) -> SignInTenant:
    """Claim a tenant of a provider of several tenants. It opens nothing until an owner who signs in from it verifies it."""
    require(by, company, Permission.PEOPLE)
    tenant = tenant.strip().lower()
    act = Act.begin("tenant.state", scope=company, key=key, by=by, stated={"provider": provider, "tenant": tenant})
    if act.done:
        return SignInTenant.objects.get(pk=act.result["tenant"])
    if not GUID.fullmatch(tenant):
        raise Refused(_("A tenant ID looks like 12345678-90ab-cdef-1234-567890abcdef."), field="tenant")
    if tenant in OF_NOBODY:
        raise Refused(
            _("This is the tenant of personal accounts, of which everybody may have one. State your own."), field="tenant"
        )
    held = SignInTenant.objects.filter(company=company).stated()
    if held.filter(provider=provider, tenant=tenant).exists():
        raise Conflict(_("This tenant is stated already."), field="tenant")
    if held.count() >= MOST_TENANTS:
        raise Refused(_("A company has at most %(number)s tenants. Remove one first.") % {"number": MOST_TENANTS})
    row = SignInTenant.objects.create(company=company, provider=provider, tenant=tenant, stated_at=act.recorded_at)
    act.finish(tenant=row.pk, id=tenant, before=None, after="stated")
    return row


@as_act
def verify_tenant(company: Company, *, pk: int, came_from: SignedInFrom | None, by: Actor, key: str) -> SignInTenant:
    """An owner who signed in from the tenant (`came_from`, which the server noted) says that it is their company's.

    By their own hand: whoever makes somebody an owner cannot verify that person's tenant for their own company unasked. Raises
    Conflict where it is verified for another company.
    """
    require(by, company, Permission.PEOPLE)
    act = Act.begin("tenant.verify", scope=company, key=key, by=by, stated={"tenant": pk})
    row = _stated(company, pk)
    if act.done:
        return row
    if row.verified_at is not None:
        raise Conflict(_("This tenant is verified already."))
    if came_from is None or (came_from.provider, came_from.tenant) != (row.provider, row.tenant):
        raise NotAllowed(_("Sign in from this tenant first: only its own people can verify it."))
    row.issuer, row.verified_at = came_from.issuer, act.recorded_at
    try:
        with transaction.atomic():
            row.save(update_fields=["issuer", "verified_at"])
    except IntegrityError as error:  # two companies at once too: their locks are not the same
        raise Conflict(_("This tenant is verified for another company. If that is a mistake, ask support.")) from error
    act.finish(tenant=row.pk, id=row.tenant, before="stated", after="verified")
    return row


@as_act
def say_what_new_people_become(company: Company, *, pk: int, viewer: bool, by: Actor, key: str) -> SignInTenant:
    """Whether somebody's first sign-in from a verified tenant makes them a viewer; otherwise they ask, and an owner answers."""
    require(by, company, Permission.PEOPLE)
    act = Act.begin("tenant.new-people", scope=company, key=key, by=by, stated={"tenant": pk, "viewer": viewer})
    row = _stated(company, pk)
    if act.done:
        return row
    if row.verified_at is None:
        raise Refused(_("Verify the tenant first."))
    before, row.gives_viewer = row.gives_viewer, viewer
    row.save(update_fields=["gives_viewer"])
    act.finish(tenant=row.pk, id=row.tenant, before=before, after=viewer)
    return row


@as_act
def remove_tenant(company: Company, *, pk: int, by: Actor, key: str) -> SignInTenant:
    """Nobody joins from it any more, and who asked to is asked for no more. Members stay members."""
    require(by, company, Permission.PEOPLE)
    act = Act.begin("tenant.remove", scope=company, key=key, by=by, stated={"tenant": pk})
    row = SignInTenant.objects.filter(company=company, pk=pk).first() if act.done else _stated(company, pk)
    assert row is not None
    if act.done:
        return row
    row.removed_at = act.recorded_at
    row.save(update_fields=["removed_at"])
    waiting = JoinRequest.objects.filter(company=company, tenant=row.tenant, decided_at=None)
    answered = waiting.update(decided_at=act.recorded_at, outcome=JoinRequest.Outcome.TENANT_REMOVED)
    act.finish(
        tenant=row.pk, id=row.tenant, before="verified" if row.verified_at else "stated", after="removed", requests=answered
    )
    return row


def _stated(company: Company, pk: int) -> SignInTenant:
    row = SignInTenant.objects.filter(company=company, pk=pk).stated().first()
    if row is None:
        raise Conflict(_("This tenant was removed meanwhile."))
    return row
