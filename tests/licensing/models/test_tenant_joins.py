"""Whatever follows a reference between rows of a company names the company on both sides: computed from the models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import NotSupportedError, connection, models, transaction
from django.db.models import prefetch_related_objects
from django.test.utils import CaptureQueriesContext

from credits.verification.guards_and_references import expected_tenant_references
from licensing.models import Activation, License, LicenseStatement, Order, TenantForeignKey
from tests.factories import make_company, make_feature, make_license
from tests.licensing.models.test_tenant_references import NOON, REFERENCES, Tenant

FIELDS: dict[str, TenantForeignKey] = {
    f"{model._meta.db_table}.{field.name}": field
    for model in apps.get_models()
    for field in model._meta.local_fields
    if isinstance(field, TenantForeignKey)
}
SEEN_FROM_BEHIND = {name: field for name, field in FIELDS.items() if not field.remote_field.hidden}

ON_THE_COMPANY = re.compile(r'"(\w+)"\."company_id" = \("(\w+)"\."company_id"\)')


def joined(rows: models.QuerySet[Any]) -> set[frozenset[str]]:
    """The pairs of tables (or their aliases) that a statement joins on the company."""
    return {frozenset(pair) for pair in ON_THE_COMPANY.findall(str(rows.query))}


def ends(field: TenantForeignKey) -> tuple[str, str]:
    """Both tables; one that refers to itself is joined under an alias."""
    here, there = field.model._meta.db_table, field.related_model._meta.db_table
    return here, "T\\d" if here == there else there


def names_both_sides(field: TenantForeignKey, rows: models.QuerySet[Any]) -> bool:
    here, there = ends(field)
    return any(
        any(re.fullmatch(there, each) for each in pair - {here}) for pair in joined(rows) if here in pair and len(pair) == 2
    )


def rows_of(field: TenantForeignKey) -> Any:
    return field.model._default_manager.all()


def test_every_reference_between_rows_of_a_company_is_such_a_key() -> None:
    found = {(field.model._meta.db_table, field.column, field.related_model._meta.db_table) for field in FIELDS.values()}
    tenants = {(each.table, each.column, each.to) for each in expected_tenant_references()}
    assert found == tenants | {("licensing_activation", "license_id", "licensing_license")}


def test_migrations_know_it_as_a_plain_key() -> None:
    for field in FIELDS.values():
        _name, path, _args, kwargs = field.deconstruct()
        assert path == "django.db.models.ForeignKey"
        assert kwargs.get("db_constraint", True) is (field.model is Activation)


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_selected_with_a_row_is_joined_on_the_company(name: str) -> None:
    field = FIELDS[name]
    assert names_both_sides(field, rows_of(field).select_related(field.name))


@pytest.mark.parametrize("name", FIELDS)
def test_a_filter_through_a_reference_joins_on_the_company(name: str) -> None:
    field = FIELDS[name]
    assert names_both_sides(field, rows_of(field).filter(**{f"{field.name}__company_id__gt": 0}))
    assert names_both_sides(field, rows_of(field).order_by(f"{field.name}__company_id"))
    assert names_both_sides(field, rows_of(field).values(f"{field.name}__company_id"))


@pytest.mark.parametrize("name", SEEN_FROM_BEHIND)
def test_a_filter_from_behind_joins_on_the_company(name: str) -> None:
    field = FIELDS[name]
    behind = field.related_model._default_manager.filter(**{f"{field.related_query_name()}__company_id__gt": 0})
    assert names_both_sides(field, behind)


@pytest.mark.parametrize("name", FIELDS)
def test_rows_that_refer_to_a_given_row_are_looked_up_with_its_company(name: str) -> None:
    field = FIELDS[name]
    one, other = (field.related_model(pk=pk, company_id=company) for pk, company in ((3, 7), (5, 8)))
    company, column = (f'"{field.model._meta.db_table}"."{each}"' for each in ("company_id", field.column))
    assert f"{company} = 7 AND {column} = " in str(rows_of(field).filter(**{field.name: one}).query)
    both = str(rows_of(field).filter(**{f"{field.name}__in": [one, other]}).query)
    assert f"({company} = 7 AND {column} IN " in both
    assert f"({company} = 8 AND {column} IN " in both
    within = field.related_model._default_manager.filter(company_id=7)
    assert f"({company}, {column}) IN (SELECT" in str(rows_of(field).filter(**{f"{field.name}__in": within}).query)


@pytest.mark.parametrize("name", SEEN_FROM_BEHIND)
def test_what_is_behind_a_row_is_looked_up_with_its_company(name: str) -> None:
    field = FIELDS[name]
    row = field.related_model(pk=3, company_id=7)
    rows = getattr(row, field.remote_field.accessor_name).all()
    assert f'"{field.model._meta.db_table}"."company_id" = 7 AND ' in str(rows.query)


def test_exclusion_from_behind_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="~Exists"):
        Order.objects.exclude(licenses__kind="initial")


def test_an_order_that_was_read_before_its_activation_still_finds_its_license() -> None:
    assert '"order_id" = 3' in str(License.objects.filter(order=Order(pk=3, company_id=None)).query)
    assert "NULL" not in str(License.objects.filter(order=Order(pk=3, company_id=None)).query)


# --- Rows that point into another company: the database refuses them at the commit; nothing follows them before


@pytest.fixture
def tenants(db: None) -> Iterator[tuple[Tenant, Tenant]]:
    """Two companies; what is planted is taken back before the references are checked."""
    feature, switchable = make_feature(), make_feature(switchable=True)
    with transaction.atomic():
        yield Tenant.make(feature, switchable), Tenant.make(feature, switchable)
        transaction.set_rollback(True)


def planted(name: str, own: Tenant, other: Tenant) -> tuple[TenantForeignKey, Any]:
    """The reference that a constraint is about, and a row of `own` whose reference points into `other`."""
    model, changes = REFERENCES[name]
    like = own.first(model)
    fields = {field.attname: getattr(like, field.attname) for field in model._meta.concrete_fields if not field.primary_key}
    row = model._base_manager.create(**{**fields, **changes(own, other)})
    keys = (each for each in FIELDS.values() if each.model is model)
    return next(each for each in keys if name == f"{model._meta.db_table}_{each.column}_in_same_company"), row


@pytest.mark.parametrize("name", REFERENCES)
def test_a_row_of_another_company_is_not_followed(name: str, tenants: tuple[Tenant, Tenant]) -> None:
    own, other = tenants
    field, row = planted(name, own, other)
    target = field.related_model._base_manager.get(pk=getattr(row, field.attname))
    rows = field.model._base_manager.filter(pk=row.pk)

    selected = rows.select_related(field.name).first()
    assert selected is None if not field.null else getattr(selected, field.name) is None
    assert not rows.filter(**{f"{field.name}__company_id__gt": 0}).exists()
    assert not rows.filter(**{field.name: target}).exists()
    with pytest.raises(field.related_model.DoesNotExist), CaptureQueriesContext(connection) as asked:
        getattr(rows.get(), field.name)
    assert f'"company_id" = {own.company.pk}' in asked[-1]["sql"]

    # Prefetched together with a row of the company it points into, it takes nothing of that one's.
    of_both = [*rows, *field.model._base_manager.filter(company_id=other.company.pk, **{f"{field.name}__isnull": False})]
    prefetch_related_objects(of_both, field.name)
    assert field.get_cached_value(of_both[0], default=None) is None
    assert all(getattr(each, field.name).company_id == other.company.pk for each in of_both[1:])

    of_own = field.related_model._base_manager.filter(company_id=own.company.pk).first()
    assert not rows.filter(**{f"{field.name}__in": [of_own, target]}).exists()
    if not field.remote_field.hidden:
        accessor = field.remote_field.accessor_name
        assert row not in getattr(target, accessor).all()
        assert not field.related_model._base_manager.filter(**{f"{field.related_query_name()}__pk": row.pk}).exists()
        prefetch_related_objects([of_own, target], accessor)
        assert row not in {*getattr(of_own, accessor).all(), *getattr(target, accessor).all()}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_row_of_the_same_company_is(name: str, tenants: tuple[Tenant, Tenant]) -> None:
    own, _other = tenants
    field, row = planted(name, own, own)
    target = field.related_model._base_manager.get(pk=getattr(row, field.attname))
    rows = field.model._base_manager.filter(pk=row.pk)
    assert getattr(rows.select_related(field.name).get(), field.name) == target
    assert getattr(rows.get(), field.name) == target
    assert rows.filter(**{f"{field.name}__company_id": own.company.pk}).exists()
    assert rows.filter(**{field.name: target}).exists()
    assert rows.filter(**{f"{field.name}__in": [target]}).exists()
    of_all = list(rows)
    prefetch_related_objects(of_all, field.name)
    assert field.get_cached_value(of_all[0]) == target
    if not field.remote_field.hidden:
        accessor = field.remote_field.accessor_name
        assert row in getattr(target, accessor).all()
        prefetch_related_objects([target], accessor)
        assert row in getattr(target, accessor).all()


def test_an_activation_takes_no_license_of_another_company(db: None) -> None:
    own, license = make_company(), make_license()
    with transaction.atomic():
        activation = Activation.objects.create(channel="azure", company=own, license_id=license.pk, brought_at=NOON)
        found = Activation.objects.filter(pk=activation.pk).select_related("license").get()
        assert found.license is None
        with pytest.raises(License.DoesNotExist):
            assert Activation.objects.get(pk=activation.pk).license
        transaction.set_rollback(True)


def test_a_queryset_of_rows_is_asked_with_their_companies(db: None) -> None:
    license, other = make_license(), make_license()
    found = LicenseStatement.objects.filter(license__in=License.objects.filter(company=license.company_id))
    assert {each.license_id for each in found} == {license.pk}
    assert {each.license_id for each in LicenseStatement.objects.filter(license__in=[license, other])} == {license.pk, other.pk}
    assert not LicenseStatement.objects.filter(license__in=[]).exists()
