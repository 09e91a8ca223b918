"""Telling all stories, in one transaction: killed half-way, it has written nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from console.company_in_hand import for_all
from console.errors import DomainError
from console.models import User
from console.people.demo_password import DEMO_PASSWORD
from console.people.second_factor.of_the_demo import give_demo_factor
from credits.demo import aster, borealis, cobalt, delta
from credits.demo.people import PEOPLE
from credits.demo.stage import Stage
from credits.demo.telling import Story
from credits.models import CreditRequirement
from credits.tasks import tell_all
from licensing.models import Company, Product

TELLERS = (delta, aster, borealis, cobalt)


class CannotLoad(Exception):
    """The demo cannot be loaded here; a sentence with the fix."""


@dataclass(frozen=True)
class Loaded:
    """A company of the demo, with the day it was told for."""

    company: Company
    today: date


def stories(now: datetime, today: date | None = None) -> list[Story]:
    """The four stories, each up to `today`, else up to what is the company's own day at the instant `now`."""
    return [teller.story(today or now.astimezone(ZoneInfo(teller.BUSINESS.time_zone)).date()) for teller in TELLERS]


@for_all("the demo tells several companies")
@transaction.atomic
def load_demo(now: datetime, today: date | None = None) -> list[Loaded]:
    """Tell all stories. Raises CannotLoad when a company of the demo is there, or the catalogue is not."""
    hold_back_others()
    told = stories(now, today)
    _require_room(told)
    _require_catalogue(told)
    events = sorted((event for story in told for event in story.events), key=lambda event: event.instant)
    if events[-1].instant > now:
        raise CannotLoad("The demo would be recorded in the future: choose a day that has come.")
    stage = Stage(_people(joined_at=events[0].instant))
    for event in events:
        try:
            event.tell(stage)
        except DomainError as error:
            # With a catalogue of other rates the stories may not work out.
            raise CannotLoad(f"{event.key}: {error} The stories are made for the reference catalogue.") from error
    tell_all(now)
    return [Loaded(stage.companies[story.business.slug], story.today) for story in told]


def hold_back_others() -> None:
    """Two loaders at once: the second waits here, until the first one's transaction is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('demo', 0))")


def _require_room(told: list[Story]) -> None:
    slugs = [story.business.slug for story in told]
    if found := list(Company.objects.filter(slug__in=slugs).order_by("slug").values_list("slug", flat=True)):
        raise CannotLoad(
            f"Companies of the demo are there already ({', '.join(found)}): use --if-empty to leave them as they are,"
            " or an empty database to load them anew."
        )


def _require_catalogue(told: list[Story]) -> None:
    skus = set().union(*(story.products for story in told))
    lines = set().union(*(story.lines for story in told))
    missing = skus - set(Product.objects.values_list("sku", flat=True))
    missing |= {"/".join(line) for line in lines - set(CreditRequirement.objects.values_list("feature__slug", "slug"))}
    if missing:
        some = ", ".join(sorted(missing)[:3]) + (", …" if len(missing) > 3 else "")
        raise CannotLoad(
            f"The catalogue lacks what the demo needs ({some}): load it first, with manage.py load_catalogue --reference."
        )


def _people(joined_at: datetime) -> dict[str, User]:
    """The people by their address. Somebody who is there already stays as they are, password included."""
    known = {user.email for user in User.objects.filter(email__in=[person.email for person in PEOPLE])}
    password = make_password(DEMO_PASSWORD)  # 0.8 s: once, the same hash for all
    User.objects.bulk_create(
        [
            User(
                email=person.email,
                name=person.name,
                password=password,
                is_staff=person.is_support,
                is_superuser=person.is_support,
                joined_at=joined_at,
                told=User.Told.CONSOLE,  # nobody reads mail at these addresses
            )
            for person in PEOPLE
            if person.email not in known
        ]
    )
    people = {user.email: user for user in User.objects.filter(email__in=[person.email for person in PEOPLE])}
    for person in PEOPLE:
        if person.is_support and person.email not in known:
            give_demo_factor(people[person.email])
    return people
