"""Companies from lines: what `register_company` records, by two statements; service providers come before their customers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.company_in_hand import as_act
from console.models import Act, Actor
from licensing.acts.companies.register_company import ALWAYS, SLUG
from licensing.imports.kind import Column, Kind, Line, Slice
from licensing.models import Company, ImportRun
from licensing.models.company_time_zone import time_zones

COLUMNS = (
    Column("business_id", gettext_lazy("The number by which the business is registered."), "HRB 20441", needed=True),
    Column("name", gettext_lazy("The name of the company."), "Northwind Traders", needed=True),
    Column("address_name", gettext_lazy("Its name in addresses: small letters, digits, hyphens."), "northwind", needed=True),
    Column("time_zone", gettext_lazy("The zone its days are counted in, such as Europe/Berlin."), "Europe/Berlin", needed=True),
    Column("service_provider", gettext_lazy("Business ID of its service provider, which is registered already; or empty."), ""),
)

ADD = """
WITH added AS (
    INSERT INTO licensing_company (name, slug, business_id, parent_id)
    SELECT said.name, said.slug, said.business_id, said.parent
      FROM licensing_importline AS staged
     CROSS JOIN LATERAL jsonb_to_record(staged.said) AS said (name text, slug text, business_id text, parent bigint)
     WHERE staged.run_id = %(run)s
     ORDER BY staged.line
    RETURNING id, business_id
)
INSERT INTO licensing_companytimezone (company_id, time_zone, effective_at)
SELECT added.id, staged.said ->> 'time_zone', %(always)s
  FROM added
  JOIN licensing_importline AS staged ON staged.run_id = %(run)s AND staged.key = added.business_id
"""


def read(lines: Sequence[Line]) -> None:
    """Two statements, however many lines."""
    for line in lines:
        _read_one(line)
    said = [each.said for each in lines if each.said]
    numbers = {each["business_id"] for each in said} | {str(each["provider"]) for each in said}
    by_number = {
        each.business_id: each for each in Company.objects.filter(business_id__in=numbers).prefetch_related("time_zones")
    }
    slugs = set(Company.objects.filter(slug__in={each["slug"] for each in said}).values_list("slug", flat=True))
    for line in lines:
        if line.said:
            _compare(line, by_number, slugs)


def _read_one(line: Line) -> None:
    business_id = line.text("business_id", most=60, needed=True)
    name = line.text("name", needed=True)
    slug = line.text("address_name", most=60, needed=True)
    time_zone = line.text("time_zone", most=60, needed=True)
    provider = line.text("service_provider", most=60)
    if slug and not SLUG.fullmatch(slug):
        line.wrong("address_name", _("Use lowercase letters, digits and hyphens for the address name."))
    if not line.faults:
        line.key = business_id
        line.said = {"business_id": business_id, "name": name, "slug": slug, "time_zone": time_zone, "provider": provider}


def _compare(line: Line, by_number: dict[str, Company], slugs: set[str]) -> None:
    said = line.said or {}
    provider = by_number.get(said["provider"])
    if said["provider"] and provider is None:
        line.wrong(
            "service_provider", _("No company has this business ID. Import service providers first, in a file of their own.")
        )
        return
    said["parent"] = provider and provider.pk
    company = by_number.get(said["business_id"])
    held = {each.time_zone for each in company.time_zones.all()} if company else ()
    if said["time_zone"] not in time_zones() and said["time_zone"] not in held:  # an old name stays that of who has it
        words = _("“%(name)s” is not a time zone. Choose one such as Europe/Berlin.")
        line.wrong("time_zone", words % {"name": said["time_zone"]})
    if company is None:
        if said["slug"] in slugs:
            line.wrong("address_name", _("Another company has this address name. Choose another one."))
        return
    is_there = {"name": company.name, "address_name": company.slug, "service_provider": company.parent_id}
    comes = {"name": said["name"], "address_name": said["slug"], "service_provider": said["parent"]}
    for column, value in is_there.items():
        if comes[column] != value:
            line.wrong(
                column, _("The company is registered already with another value. An import changes nothing: use its page.")
            )
    line.said = None


def write(slice: Slice) -> None:
    """No line is about a company that is there."""


@as_act(for_all="an import concerns many companies")
def write_all(run: ImportRun, by: Actor) -> None:
    act = Act.begin("import.rows", scope="catalogue", key=f"import:{run.pk}", by=by, stated={"digest": run.digest})
    with connection.cursor() as cursor:
        cursor.execute(ADD, {"run": run.pk, "always": ALWAYS})
        added = cursor.rowcount
    if added:
        act.finish(kind=run.kind, file=run.digest, lines=added)


COMPANIES = Kind(
    name="companies",
    label=gettext_lazy("Companies"),
    columns=COLUMNS,
    read=read,
    write=write,
    write_without=write_all,
    once=("business_id", gettext_lazy("Line %(other)s has this business ID, too.")),
    also_once=("slug", "address_name", gettext_lazy("Line %(other)s has this address name, too.")),
    locks=lambda: ["catalogue", "companies"],
)
