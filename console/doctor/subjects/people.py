"""People: somebody of support who can sign in, second factors of staff, and that nobody of the demo is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from console.doctor.findings import Finding, Needs, Severity, plain_list, subject
from console.models import User
from console.people.demo_password import RESERVED, have_demo_password

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
DEMANDED = "STAFF_FACTOR_FROM"


@subject("People", needs=Needs.TABLES)
def people() -> Iterator[Finding]:
    """Three statements, and a hash for each password of the demo. Tells ids, no addresses."""
    staff = User.objects.filter(is_staff=True, is_active=True)
    factor = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    rows = list(staff.annotate(has_factor=Exists(factor)).order_by("pk").values_list("pk", "has_factor"))
    if not rows:
        yield Finding(
            "people.no-staff",
            "No person of support can sign in.",
            "Nobody can invite companies, issue orders or see what went wrong.",
            "manage.py add_staff you@example.com",
        )
    yield from _factors([pk for pk, has_factor in rows if not has_factor])
    if not settings.DEMO:
        yield from _demo()


def _factors(without: list[int]) -> Iterator[Finding]:
    """A day that is still to come is for who has staff already; until then, and without one, a password alone is enough."""
    day: date | None = getattr(settings, DEMANDED, None)
    demanded = day is not None and day <= timezone.now().date()
    if without:
        number = f"{len(without)} of support {'has' if len(without) == 1 else 'have'} no second factor"
        yield Finding(
            "people.staff-without-factor",
            f"{number} (person {plain_list(map(str, without))}).",
            "Whoever learns such a password sees every company and writes for each.",
            "They are led to set one up when they next sign in; who no longer works here: set inactive under /admin/console/user/"
            if demanded
            else f"Each sets one up at /accounts/2fa/; {DEMANDED} names the day from which nothing opens without",
            Severity.WARN,
        )
    if not demanded:
        yield Finding(
            "people.factor-not-demanded",
            f"No second factor is demanded of staff {f'before {day}' if day else 'at all'}.",
            "Until then a password alone opens the support desk.",
            f"Unset {DEMANDED} once all staff have one: it is then demanded from the first day",
            Severity.WARN,
        )


def _demo() -> Iterator[Finding]:
    there = User.objects.filter(email__iendswith=RESERVED, is_active=True).count()
    if not there:
        return
    fix = "Set them inactive under /admin/console/user/, or begin with an empty database: a demo cannot be taken out of the books"
    if have_demo_password():
        yield Finding(
            "people.demo-password",
            "People of the demo can sign in with its public password.",
            "Anybody may, support among them: every company is open to them.",
            fix,
        )
    else:
        yield Finding(
            "people.of-the-demo",
            f"{there} people have addresses of the demo (…{RESERVED}).",
            "Nobody owns such an address: what is sent there is lost, and they count as customers.",
            fix,
            Severity.WARN,
        )
