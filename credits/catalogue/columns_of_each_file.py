"""The columns of each catalogue file: how a cell is read, and whether it may be empty."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from credits.catalogue import allowed_cells as cells
from credits.catalogue.files_and_rows import (
    FEATURES,
    OFFERINGS,
    PRICES,
    PRODUCTS,
    REQUIREMENTS,
    SEAT_USES,
    Billing,
    FeatureRow,
    OfferingRow,
    PriceRow,
    ProductKind,
    ProductRow,
    RequirementRow,
    SeatUseRow,
)


@dataclass(frozen=True)
class Column:
    name: str
    read: Callable[[str], Any]
    required: bool = True
    when_empty: Any = ""
    may_be_missing: bool = False
    """Whether a file may leave the column out: then every cell of it is empty."""


@dataclass(frozen=True)
class Format:
    """The columns of one file, in the order in which they are documented, and the row they become."""

    file: str
    row: Callable[..., Any]
    columns: tuple[Column, ...]


FORMATS = (
    Format(
        OFFERINGS,
        OfferingRow,
        (
            Column("slug", cells.slug),
            Column("name", cells.words(150)),
            Column("chart_slot", cells.chart_slot),
            Column("description", cells.words(300), required=False, may_be_missing=True),
        ),
    ),
    Format(
        FEATURES,
        FeatureRow,
        (
            Column("slug", cells.slug),
            Column("offering", cells.slug),
            Column("name", cells.words(150)),
            Column("description", cells.words(300), required=False),
            Column("billing", cells.one_of(*get_args(Billing))),
            Column("switch_group", cells.slug, required=False),
            Column("app_url", cells.web_address, required=False),
            Column("help_text", cells.help, required=False),
        ),
    ),
    Format(
        REQUIREMENTS,
        RequirementRow,
        (
            Column("feature", cells.slug),
            Column("line", cells.slug),
            Column("label", cells.words(150), required=False),
            Column("unit", cells.words(120)),
            Column("credits_per_unit", cells.rate),
            Column("valid_from", cells.day),
            Column("valid_to", cells.day, required=False, when_empty=None),
            Column("source", cells.words(250)),
        ),
    ),
    Format(
        PRICES,
        PriceRow,
        (
            Column("feature", cells.slug),
            Column("unit", cells.words(150)),
            Column("price", cells.rate),
            Column("currency", cells.currency),
            Column("valid_from", cells.day),
            Column("source", cells.words(250)),
            Column("note", cells.words(250), required=False),
        ),
    ),
    Format(
        PRODUCTS,
        ProductRow,
        (
            Column("sku", cells.sku),
            Column("name", cells.words(150)),
            Column("kind", cells.one_of(*get_args(ProductKind))),
            Column("unit", cells.words(60)),
            Column("credits_per_unit", cells.rate, required=False, when_empty=None),
            Column("valid_from", cells.day),
            Column("source", cells.words(250)),
        ),
    ),
    Format(
        SEAT_USES,
        SeatUseRow,
        (Column("sku", cells.sku), Column("feature", cells.slug), Column("line", cells.slug)),
    ),
)
