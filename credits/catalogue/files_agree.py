"""What the lines of a catalogue must be to each other: unique, referring to what exists, one rate at a time."""

from itertools import pairwise

from credits.catalogue.files_and_rows import FEATURES, PRICES, PRODUCTS, REQUIREMENTS, SEAT_USES
from credits.catalogue.read_each_file import Line, Reading


def check_unique(reading: Reading, file: str, *columns: str) -> None:
    """Each combination of these cells appears once; the second and later lines are refused."""
    first_at: dict[tuple[str, ...], int] = {}
    for line in reading.sheets[file].lines:
        key = tuple(line.cells[column] for column in columns)
        if "" in key:
            continue  # refused already, as an empty cell
        if key in first_at:
            what = " of ".join(f'"{value}"' for value in reversed(key))
            reading.refuse(
                file, line.number, columns[-1], f"{what} is already on line {first_at[key]}. Keep one of the two lines."
            )
        first_at.setdefault(key, line.number)


def check_same(reading: Reading, file: str, key_columns: tuple[str, ...], *columns: str) -> None:
    """Rows that are one thing at different times agree on everything but the rate, its period and its source."""
    first: dict[tuple[str, ...], Line] = {}
    for line in reading.sheets[file].lines:
        key = tuple(line.cells[column] for column in key_columns)
        earlier = first.setdefault(key, line)
        for column in columns:
            if line.cells[column] != earlier.cells[column]:
                what = " of ".join(f'"{value}"' for value in reversed(key))
                reading.refuse(
                    file,
                    line.number,
                    column,
                    f'"{line.cells[column]}" differs from "{earlier.cells[column]}" on line {earlier.number}. '
                    f"Rows of {what} are one thing over time: use the same words.",
                )


def check_reference(reading: Reading, file: str, column: str, target_file: str, target: str, noun: str) -> None:
    """What `column` names exists in the target file."""
    sheet = reading.sheets[target_file]
    if not sheet.complete:
        return
    known = sheet.keys(target)
    for line in reading.sheets[file].lines:
        value = line.cells[column]
        if value and (value,) not in known:
            word = "SKU" if target == "sku" else "slug"
            reading.refuse(
                file, line.number, column, f'no {noun} "{value}" in {target_file}. Add it there or correct the {word}.'
            )


def check_features(reading: Reading) -> None:
    for line in reading.sheets[FEATURES].lines:
        if line.cells["billing"] == "annual" and line.cells["switch_group"]:
            reading.refuse(
                FEATURES,
                line.number,
                "switch_group",
                f'a feature billed only in annual credits cannot switch with group "{line.cells["switch_group"]}". '
                "Empty the cell or make the feature switchable.",
            )
    requirements = reading.sheets[REQUIREMENTS]
    if not requirements.complete:
        return
    with_lines = requirements.keys("feature")
    for line in reading.sheets[FEATURES].lines:
        slug = line.cells["slug"]
        if slug and (slug,) not in with_lines:
            reading.refuse(
                FEATURES,
                line.number,
                "slug",
                f'"{slug}" has no line in {REQUIREMENTS}. Add one; a free feature has the rate 0.',
            )


def check_labels(reading: Reading) -> None:
    """Lines of one feature can be told apart by the words on the screen."""
    lines_of: dict[str, dict[str, Line]] = {}
    for line in reading.sheets[REQUIREMENTS].lines:
        if line.cells["feature"] and line.cells["line"]:
            lines_of.setdefault(line.cells["feature"], {}).setdefault(line.cells["line"], line)
    for feature, lines in lines_of.items():
        if len(lines) == 1:
            continue
        first_at: dict[str, int] = {}
        for line in lines.values():
            label = line.cells["label"]
            if not label:
                reading.refuse(
                    REQUIREMENTS,
                    line.number,
                    "label",
                    f'is empty, but "{feature}" has {len(lines)} lines. Give each a label that tells them apart.',
                )
            elif label in first_at:
                reading.refuse(
                    REQUIREMENTS,
                    line.number,
                    "label",
                    f'"{label}" is already the label of another line of "{feature}", on line {first_at[label]}. '
                    "Give each line a label of its own.",
                )
            first_at.setdefault(label, line.number)


def check_periods(reading: Reading) -> None:
    """The rates of a line follow each other. One without an end is simply followed by the next."""
    rates_of: dict[tuple[str, str], list[Line]] = {}
    for line, row in reading.sheets[REQUIREMENTS].rows():
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            reading.refuse(
                REQUIREMENTS,
                line.number,
                "valid_to",
                f"{row.valid_to} is not after valid_from, {row.valid_from}. "
                "valid_to is the first day on which the rate no longer holds.",
            )
        else:
            rates_of.setdefault((row.feature, row.line), []).append(line)
    for lines in rates_of.values():
        lines.sort(key=lambda line: line.row.valid_from)
        for earlier, later in pairwise(lines):
            if earlier.row.valid_from == later.row.valid_from:
                continue  # refused already, as the same rate given twice
            if earlier.row.valid_to is not None and earlier.row.valid_to > later.row.valid_from:
                reading.refuse(
                    REQUIREMENTS,
                    later.number,
                    "valid_from",
                    f"{later.row.valid_from} lies within the rate on line {earlier.number}, "
                    f"which holds until {earlier.row.valid_to}. Let one end where the other begins.",
                )


def check_prices(reading: Reading) -> None:
    billing = {line.cells["slug"]: line.cells["billing"] for line in reading.sheets[FEATURES].lines}
    for line in reading.sheets[PRICES].lines:
        if billing.get(line.cells["feature"]) == "annual":
            reading.refuse(
                PRICES,
                line.number,
                "feature",
                f'"{line.cells["feature"]}" is billed only in annual credits. '
                f"Make it switchable in {FEATURES} or remove this price.",
            )


def check_products(reading: Reading) -> None:
    for line in reading.sheets[PRODUCTS].lines:
        if line.cells["kind"] in ("credits", "seats") and not line.cells["credits_per_unit"]:
            reading.refuse(
                PRODUCTS,
                line.number,
                "credits_per_unit",
                "is empty. Fill it in; only a pay-as-you-go contract may go without.",
            )


def check_seat_uses(reading: Reading) -> None:
    kinds = {line.cells["sku"]: line.cells["kind"] for line in reading.sheets[PRODUCTS].lines}
    requirements = reading.sheets[REQUIREMENTS]
    features, lines = requirements.keys("feature"), requirements.keys("feature", "line")
    for line in reading.sheets[SEAT_USES].lines:
        sku, feature, requirement = line.cells["sku"], line.cells["feature"], line.cells["line"]
        if kinds.get(sku) in ("credits", "pay-as-you-go"):
            reading.refuse(
                SEAT_USES,
                line.number,
                "sku",
                f'"{sku}" is not a product of kind seats in {PRODUCTS}. Only seats pay for a line.',
            )
        # A feature without any line is reported once, where it stands in features.csv.
        if requirement and requirements.complete and (feature,) in features and (feature, requirement) not in lines:
            reading.refuse(
                SEAT_USES,
                line.number,
                "line",
                f'no line "{requirement}" of "{feature}" in {REQUIREMENTS}. Add it there or correct the slug.',
            )
