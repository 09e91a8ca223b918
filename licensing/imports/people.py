"""People with roles from lines: what `set_roles` records. Who is new has no password: they ask for a link at the sign-in."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.models import User
from licensing.imports.kind import Column, Kind, Line, Slice, companies_named
from licensing.models import Membership, Role

COLUMNS = (
    Column("company", gettext_lazy("Business ID of the company."), "HRB 20441", needed=True),
    Column("email", gettext_lazy("The address with which the person signs in."), "kim@northwind.example", needed=True),
    Column("name", gettext_lazy("The person's name, for who is new here."), "Kim Berger"),
    Column(
        "roles",
        gettext_lazy("One or several of viewer, credit-manager, license-administrator, owner, with a space between them."),
        "viewer credit-manager",
        needed=True,
    ),
)

LINES = """
SELECT found, said ->> 'email', said ->> 'name', said ->> 'roles'
  FROM licensing_importline WHERE run_id = %(run)s AND found = ANY(%(companies)s) ORDER BY found, line
"""


def read(lines: Sequence[Line]) -> None:
    """Four statements, however many lines."""
    companies_named(lines, timezone.now())
    for line in lines:
        _read_one(line)
    emails = {line.said["email"] for line in lines if line.said}
    people = {each.email: each for each in User.objects.filter(email__in=emails)}
    held = {
        (each.company_id, each.user_id): set(each.roles)
        for each in Membership.objects.filter(user__in=[each.pk for each in people.values()])
    }
    for line in lines:
        if not line.said:
            continue
        person = people.get(line.said["email"])
        if person is not None and (person.is_staff or not person.is_active):
            line.wrong("email", _("This is one of staff, or somebody who may not sign in. Leave the line out."))
        roles = held.get((line.company or 0, person.pk)) if person else None
        if roles is None:
            continue
        if roles != set(line.said["roles"].split()):
            line.wrong("roles", _("The person has other roles there already. An import changes nothing: use the company's page."))
        line.said = None


def _read_one(line: Line) -> None:
    line.text("company", most=60, needed=True)
    email = line.text("email", most=254, needed=True).lower()
    name = line.text("name")
    roles = line.text("roles", needed=True).lower().replace(",", " ").split()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        line.wrong("email", _("This is no e-mail address. Write it as name@example.com."))
    if unknown := set(roles) - set(Role.values):
        line.wrong("roles", _("There is no role called %(roles)s.") % {"roles": ", ".join(sorted(unknown))[:100]})
    if not line.faults:
        kept = " ".join(each for each in Role.values if each in roles)
        line.key, line.said = f"{line.company}:{email}"[:250], {"email": email, "name": name, "roles": kept}


def write(slice: Slice) -> None:
    """Four statements."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, slice.arrays())
        rows = cursor.fetchall()
    names = {email: name for _company, email, name, _roles in rows}
    people = dict(User.objects.filter(email__in=names).values_list("email", "pk"))
    unknown = [User(email=email, name=name) for email, name in names.items() if email not in people]
    for each in unknown:
        each.set_unusable_password()
    User.objects.bulk_create(unknown)
    people |= dict(User.objects.filter(email__in=[each.email for each in unknown]).values_list("email", "pk"))
    Membership.objects.bulk_create(
        [Membership(company_id=company, user_id=people[email], roles=roles.split()) for company, email, _name, roles in rows]
    )


PEOPLE = Kind(
    name="people",
    label=gettext_lazy("People with roles"),
    columns=COLUMNS,
    read=read,
    write=write,
    once=("email", gettext_lazy("Line %(other)s has this person in this company, too.")),
)
