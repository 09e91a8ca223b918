"""The six CSV files of a catalogue folder, the rows they hold, and the problems found in them.

The format, column by column, is described in docs/catalogue.md; `read_catalogue` reads a folder.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

REFERENCE_FOLDER = Path(__file__).parent / "reference"

OFFERINGS, FEATURES, REQUIREMENTS, PRICES, PRODUCTS, SEAT_USES = FILES = (
    "offerings.csv",
    "features.csv",
    "requirements.csv",
    "pay_as_you_go_prices.csv",
    "products.csv",
    "seat_uses.csv",
)

Billing = Literal["annual", "switchable"]
ProductKind = Literal["credits", "seats", "pay-as-you-go"]


@dataclass(frozen=True)
class OfferingRow:
    """A line of offerings.csv. `chart_slot` is the color an offering keeps for good, 1 to 24, unique."""

    slug: str
    name: str
    chart_slot: int
    description: str = ""


@dataclass(frozen=True)
class FeatureRow:
    """A line of features.csv. `switch_group` is empty for a feature that switches its billing by itself."""

    slug: str
    offering: str
    name: str
    description: str
    billing: Billing
    switch_group: str
    app_url: str
    help_text: str


@dataclass(frozen=True)
class RequirementRow:
    """A line of requirements.csv: what one `unit` of a feature costs in credits, exact, over [valid_from, valid_to).

    `line` is a slug, unique within the feature. Several rows of one line are its rates over time. `valid_to` is None
    for a rate that holds until the next one of the line begins, or for good; a date never reaches into the next rate.
    """

    feature: str
    line: str
    label: str
    unit: str
    credits_per_unit: Decimal
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True)
class PriceRow:
    """A line of pay_as_you_go_prices.csv: the list price of one `unit` in `currency`, from `valid_from` to the next."""

    feature: str
    unit: str
    price: Decimal
    currency: str
    valid_from: date
    source: str
    note: str


@dataclass(frozen=True)
class ProductRow:
    """A line of products.csv: a product, and what one `unit` of it is worth in credits from `valid_from` to the next.

    Several rows of one SKU are its rates over time. `credits_per_unit` is None only for a pay-as-you-go contract.
    """

    sku: str
    name: str
    kind: ProductKind
    unit: str
    credits_per_unit: Decimal | None
    valid_from: date
    source: str


@dataclass(frozen=True)
class SeatUseRow:
    """A line of seat_uses.csv: the requirement line that the seats of a product pay for. One per SKU."""

    sku: str
    feature: str
    line: str


@dataclass(frozen=True)
class Catalogue:
    """A folder that has been read without a problem. Rows keep the order of their files."""

    offerings: tuple[OfferingRow, ...]
    features: tuple[FeatureRow, ...]
    requirements: tuple[RequirementRow, ...]
    prices: tuple[PriceRow, ...]
    products: tuple[ProductRow, ...]
    seat_uses: tuple[SeatUseRow, ...]


@dataclass(frozen=True)
class CatalogueProblem:
    """One thing to correct. `line` counts from 1, the header being line 1; None where the whole file is meant."""

    file: str
    line: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f" line {self.line}"
        if self.column is not None:
            place += f', column "{self.column}"'
        return f"{place}: {self.message}"


class CatalogueError(Exception):
    """The folder cannot be used. `problems` lists all that was found, in the order of files and lines."""

    def __init__(self, folder: Path, problems: tuple[CatalogueProblem, ...]) -> None:
        super().__init__(folder, problems)
        self.folder = folder
        self.problems = problems

    def __str__(self) -> str:
        found = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        return "\n".join([f"The catalogue in {self.folder} has {found}:", *map(str, self.problems)])
