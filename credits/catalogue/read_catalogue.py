"""Reads a catalogue folder: six CSV files that describe offerings, features, rates and products.

Pure: no database and no Django, so that a catalogue can be checked anywhere. The reader collects every
problem it finds and raises them together; a folder either reads completely or not at all.
"""

from pathlib import Path

from credits.catalogue.files_agree import (
    check_features,
    check_labels,
    check_periods,
    check_prices,
    check_products,
    check_reference,
    check_same,
    check_seat_uses,
    check_unique,
)
from credits.catalogue.files_and_rows import (
    FEATURES,
    FILES,
    OFFERINGS,
    PRICES,
    PRODUCTS,
    REQUIREMENTS,
    SEAT_USES,
    Catalogue,
    CatalogueError,
)
from credits.catalogue.read_each_file import Reading


def read_catalogue(folder: Path) -> Catalogue:
    """The catalogue in `folder`, complete and consistent. Six files read, nothing written.

    Raises CatalogueError with every problem found, each naming its file, line and column.
    """
    reading = Reading(folder)

    check_unique(reading, OFFERINGS, "slug")
    check_unique(reading, OFFERINGS, "name")
    check_unique(reading, OFFERINGS, "chart_slot")
    check_unique(reading, FEATURES, "slug")
    check_unique(reading, FEATURES, "offering", "name")
    check_reference(reading, FEATURES, "offering", OFFERINGS, "slug", "offering")
    check_features(reading)
    check_unique(reading, REQUIREMENTS, "feature", "line", "valid_from")
    check_reference(reading, REQUIREMENTS, "feature", FEATURES, "slug", "feature")
    check_same(reading, REQUIREMENTS, ("feature", "line"), "label", "unit")
    check_labels(reading)
    check_periods(reading)
    check_unique(reading, PRICES, "feature", "unit", "valid_from")
    check_reference(reading, PRICES, "feature", FEATURES, "slug", "feature")
    check_same(reading, PRICES, ("feature", "unit"), "currency")
    check_prices(reading)
    check_unique(reading, PRODUCTS, "sku", "valid_from")
    check_same(reading, PRODUCTS, ("sku",), "name", "kind", "unit")
    check_products(reading)
    check_unique(reading, SEAT_USES, "sku")
    check_reference(reading, SEAT_USES, "sku", PRODUCTS, "sku", "product")
    check_reference(reading, SEAT_USES, "feature", FEATURES, "slug", "feature")
    check_seat_uses(reading)

    if reading.problems:
        in_order = sorted(reading.problems, key=lambda problem: (FILES.index(problem.file), problem.line or 0))
        raise CatalogueError(folder, tuple(in_order))
    rows = {file: tuple(row for _, row in sheet.rows()) for file, sheet in reading.sheets.items()}
    return Catalogue(
        offerings=rows[OFFERINGS],
        features=rows[FEATURES],
        requirements=rows[REQUIREMENTS],
        prices=rows[PRICES],
        products=rows[PRODUCTS],
        seat_uses=rows[SEAT_USES],
    )
