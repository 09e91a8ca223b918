"""A reference to another row of the same company: whatever follows it joins on the company, too.

The database enforces it as (company_id, x_id) by `console.models.guards_in_sql.tenant_reference`; here every statement that the
ORM writes says the same, so that it could be answered where the company's rows are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import NotSupportedError, models
from django.db.models.expressions import Col, ColPairs
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.fields.related_lookups import RelatedExact, RelatedIn
from django.db.models.lookups import Exact, In
from django.db.models.sql.query import Query
from django.db.models.sql.where import AND, OR, WhereNode


class TenantReferenceDescriptor(ForwardManyToOneDescriptor):
    """`license.order`: what is prefetched is told apart by company and id."""

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        rows, id_of, id_named_by, *rest = super().get_prefetch_querysets(instances, querysets)
        return (
            rows.filter(company_id__in={each.company_id for each in instances}),
            lambda row: (row.company_id, id_of(row)),
            lambda row: (row.company_id, id_named_by(row)),
            *rest,
        )


class TenantForeignKey(models.ForeignKey):
    """A ForeignKey between two models that have a `company_id`. Migrations see a plain one."""

    forward_related_accessor_class = TenantReferenceDescriptor

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs

    def get_extra_descriptor_filter(self, instance: Any) -> dict[str, Any]:
        """For the row that an attribute reads."""
        return {"company_id": instance.company_id}

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> WhereNode:
        """For joins, either way: `alias` is the table referred to, `related_alias` the one that refers."""
        if alias is None or related_alias is None:
            raise NotSupportedError(f"exclude() cannot follow {self} back: ask with ~Exists(…) that names the company.")
        return _all_of(Exact(_company_column(self.related_model, alias), _company_column(self.model, related_alias)))


def _company_column(model: Any, alias: str) -> Col:
    return model._meta.get_field("company_id").get_col(alias)


def _all_of(*conditions: Any) -> WhereNode:
    return WhereNode(list(conditions), AND)


def _company_of(row: Any) -> int | None:
    """None for what is no row, and for one that names no company, such as an order read before it was activated."""
    return row.__dict__.get("company_id") if isinstance(row, models.Model) else None


@TenantForeignKey.register_lookup
class TenantReferenceExact(RelatedExact):
    """`license=row`, and what is behind `row.statements`: names the row's company. An id alone names none."""

    def __init__(self, lhs: Col, rhs: Any) -> None:
        self.company_id = _company_of(rhs)
        super().__init__(lhs, rhs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        id_sql, id_params = super().as_sql(compiler, connection)
        if self.company_id is None:
            return id_sql, id_params
        company_sql, company_params = compiler.compile(
            Exact(_company_column(self.lhs.target.model, self.lhs.alias), self.company_id)
        )
        return f"({company_sql} AND {id_sql})", (*company_params, *id_params)


@TenantForeignKey.register_lookup
class TenantReferenceIn(RelatedIn):
    """`license__in=rows` or a queryset of rows, and what prefetches `statements`: company and id of each belong together."""

    def __init__(self, lhs: Col, rhs: Any) -> None:
        self.by_company: dict[int, list[Any]] = defaultdict(list)
        if isinstance(rhs, Iterable) and not isinstance(rhs, Query):
            rhs = list(rhs)
            if all(_company_of(row) is not None for row in rhs):
                for row in rhs:
                    self.by_company[row.company_id].append(row.pk)
        super().__init__(lhs, rhs)

    def get_prep_lookup(self) -> Any:
        if isinstance(self.rhs, Query) and not self.rhs.has_select_fields:
            self.rhs.set_values(["company_id", "pk"])
            both = [_company_column(self.lhs.target.model, self.lhs.alias).target, self.lhs.target]
            self.lhs = ColPairs(self.lhs.alias, both, both, self.lhs.field)
        return super().get_prep_lookup()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if not self.by_company:
            return super().as_sql(compiler, connection)
        column = _company_column(self.lhs.target.model, self.lhs.alias)
        of_each: list[Any] = [_all_of(Exact(column, company), In(self.lhs, ids)) for company, ids in self.by_company.items()]
        return compiler.compile(WhereNode(of_each, OR))
