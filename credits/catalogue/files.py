"""Reads a catalogue folder: six CSV files that describe offerings, features, rates and products.

Pure: no database and no Django, so that a catalogue can be checked anywhere. The reader collects every
problem it finds and raises them together; a folder either reads completely or not at all. The format,
column by column, is described in docs/catalogue.md.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

REFERENCE_FOLDER = Path(__file__).parent / "reference"

LONGEST_SLUG = 60
LONGEST_SKU = 60
LONGEST_HELP = 2000
LAST_CHART_SLOT = 24
RATE_DECIMALS = 6
RATE_LIMIT = Decimal(10) ** 9  # a rate is smaller than this

Billing = Literal["annual", "switchable"]
ProductKind = Literal["credits", "seats", "pay-as-you-go"]


# What a folder says


@dataclass(frozen=True)
class OfferingRow:
    """A line of offerings.csv. `chart_slot` is the color an offering keeps for good, 1 to 24, unique."""

    slug: str
    name: str
    chart_slot: int


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


# What can be wrong with it


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


# Cells: each reader takes the text of one cell and returns its value, or raises Refused with a sentence


class Refused(Exception):
    """The sentence that tells what is wrong with a cell and how to correct it."""


def _words(longest: int) -> Callable[[str], str]:
    """Words on one line."""

    def read(value: str) -> str:
        if not value.isprintable():
            raise Refused("contains a line break or another invisible character. Remove it.")
        return _no_longer_than(longest, value)

    return read


def _help(value: str) -> str:
    """Words that may run over several lines; ends of lines become \\n, however the file writes them."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if not value.replace("\n", "").isprintable():
        raise Refused("contains an invisible character. Remove it.")
    return _no_longer_than(LONGEST_HELP, value)


def _no_longer_than(longest: int, value: str) -> str:
    if len(value) > longest:
        raise Refused(f"has {len(value):,} characters; at most {longest:,} are allowed. Shorten it.")
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise Refused(f'"{value}" is not a slug. Use lower-case letters a to z, digits and single hyphens, as in "email-sensor".')
    return _no_longer_than(LONGEST_SLUG, value)


def _sku(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise Refused(f'"{value}" is not a SKU. Use letters, digits, dots, hyphens and underscores, as in "EP-CORE".')
    return _no_longer_than(LONGEST_SKU, value)


def _chart_slot(value: str) -> int:
    # No leading zeros, so that "1" and "01" cannot both be given out.
    if not re.fullmatch(r"[1-9][0-9]?", value) or int(value) > LAST_CHART_SLOT:
        raise Refused(f'"{value}" is not a chart slot. Use a whole number from 1 to {LAST_CHART_SLOT}.')
    return int(value)


def _rate(value: str) -> Decimal:
    """An exact decimal of zero or more: a rate in credits, or a price."""
    if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", value):
        raise Refused(f'"{value}" is negative. Use zero or more.')
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        raise Refused(f'"{value}" is not a number. Use digits and at most one decimal point, as in 1250 or 0.05.')
    number, _, decimals = value.partition(".")
    if len(decimals) > RATE_DECIMALS:
        raise Refused(f'"{value}" has {len(decimals)} decimals; at most {RATE_DECIMALS} are kept. Round it yourself.')
    # Judged by its digits first: a cell of a thousand digits need not become a number to be refused.
    if len(number.lstrip("0")) > 9:
        raise Refused(f'"{value[:30]}" is too large. Use a number below {RATE_LIMIT:,}.')
    return Decimal(value)


def _day(value: str) -> date:
    try:
        # fromisoformat alone would also take 20200101 and 2020-W01-3.
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Refused(f'"{value}" is not a date. Write year-month-day, as in 2020-01-31.')


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise Refused(f'"{value}" is not a currency code. Use three capital letters, as in USD.')
    return value


def _web_address(value: str) -> str:
    # The page turns this into a link, so nothing but the two web schemes may pass.
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value
    except ValueError:
        usable = False
    if not usable:
        raise Refused(f'"{value}" is not a web address. Write it in full, as in https://console.example/apps/email.')
    return _words(200)(value)


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise Refused(f'"{value}" is not known here. Use one of: {", ".join(allowed)}.')
        return value

    return read


@dataclass(frozen=True)
class _Column:
    name: str
    read: Callable[[str], Any]
    required: bool = True
    when_empty: Any = ""


@dataclass(frozen=True)
class _Format:
    """The columns of one file, in the order in which they are documented, and the row they become."""

    file: str
    row: Callable[..., Any]
    columns: tuple[_Column, ...]


OFFERINGS, FEATURES, REQUIREMENTS, PRICES, PRODUCTS, SEAT_USES = FILES = (
    "offerings.csv",
    "features.csv",
    "requirements.csv",
    "pay_as_you_go_prices.csv",
    "products.csv",
    "seat_uses.csv",
)

_FORMATS = (
    _Format(
        OFFERINGS,
        OfferingRow,
        (_Column("slug", _slug), _Column("name", _words(150)), _Column("chart_slot", _chart_slot)),
    ),
    _Format(
        FEATURES,
        FeatureRow,
        (
            _Column("slug", _slug),
            _Column("offering", _slug),
            _Column("name", _words(150)),
            _Column("description", _words(300), required=False),
            _Column("billing", _one_of(*get_args(Billing))),
            _Column("switch_group", _slug, required=False),
            _Column("app_url", _web_address, required=False),
            _Column("help_text", _help, required=False),
        ),
    ),
    _Format(
        REQUIREMENTS,
        RequirementRow,
        (
            _Column("feature", _slug),
            _Column("line", _slug),
            _Column("label", _words(150), required=False),
            _Column("unit", _words(120)),
            _Column("credits_per_unit", _rate),
            _Column("valid_from", _day),
            _Column("valid_to", _day, required=False, when_empty=None),
            _Column("source", _words(250)),
        ),
    ),
    _Format(
        PRICES,
        PriceRow,
        (
            _Column("feature", _slug),
            _Column("unit", _words(150)),
            _Column("price", _rate),
            _Column("currency", _currency),
            _Column("valid_from", _day),
            _Column("source", _words(250)),
            _Column("note", _words(250), required=False),
        ),
    ),
    _Format(
        PRODUCTS,
        ProductRow,
        (
            _Column("sku", _sku),
            _Column("name", _words(150)),
            _Column("kind", _one_of(*get_args(ProductKind))),
            _Column("unit", _words(60)),
            _Column("credits_per_unit", _rate, required=False, when_empty=None),
            _Column("valid_from", _day),
            _Column("source", _words(250)),
        ),
    ),
    _Format(
        SEAT_USES,
        SeatUseRow,
        (_Column("sku", _sku), _Column("feature", _slug), _Column("line", _slug)),
    ),
)


# One file


@dataclass
class _Line:
    """A line of a file: where it starts, its cells as text, and the row they make (None if a cell was refused)."""

    number: int
    cells: Mapping[str, str]
    row: Any = None


@dataclass
class _Sheet:
    """One file as far as it could be read. References into an incomplete file are not judged: the target may be
    in the part that is missing, and one broken file should not fill the list with consequences."""

    file: str
    lines: list[_Line] = field(default_factory=list)
    complete: bool = False

    def rows(self) -> Iterator[tuple[_Line, Any]]:
        """Lines whose cells were all accepted, with their rows."""
        return ((line, line.row) for line in self.lines if line.row is not None)

    def keys(self, *columns: str) -> set[tuple[str, ...]]:
        """What these columns hold, lines with other problems included."""
        return {tuple(line.cells[column] for column in columns) for line in self.lines}


class _Reading:
    """The problems found so far, and the six sheets."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[CatalogueProblem] = []
        self.sheets = {form.file: self._read(folder, form) for form in _FORMATS}

    def refuse(self, file: str, line: int | None, column: str | None, message: str) -> None:
        self.problems.append(CatalogueProblem(file, line, column, message))

    def _read(self, folder: Path, form: _Format) -> _Sheet:
        sheet = _Sheet(form.file)
        text = self._text_of(folder, form.file)
        if text is None:
            return sheet
        records = csv.reader(io.StringIO(text, newline=""), strict=True)
        header: list[str] | None = None
        try:
            for number, cells in _numbered(records):
                if header is None:
                    header = cells
                    if not self._accept_header(form, header):
                        return sheet
                elif len(cells) != len(header):
                    self.refuse(
                        form.file,
                        number,
                        None,
                        f"has {len(cells)} cells where the header has {len(header)}. "
                        "Put a cell that contains a comma in double quotes.",
                    )
                else:
                    sheet.lines.append(self._line(form, number, dict(zip(header, cells, strict=True))))
        except csv.Error as error:
            self.refuse(
                form.file, records.line_num, None, f"is not well-formed CSV ({error}). Check the double quotes here and above."
            )
            return sheet
        if header is None:
            wanted = ",".join(column.name for column in form.columns)
            self.refuse(form.file, None, None, f"is empty. Its first line must be the header: {wanted}")
            return sheet
        sheet.complete = True
        return sheet

    def _text_of(self, folder: Path, file: str) -> str | None:
        try:
            data = (folder / file).read_bytes()
        except FileNotFoundError:
            self.refuse(file, None, None, "is missing. Add it; a file without entries needs only its header.")
            return None
        except OSError as error:
            self.refuse(file, None, None, f"cannot be read ({error.strerror}).")
            return None
        try:
            return data.decode("utf-8-sig")  # spreadsheets put a byte order mark in front of UTF-8
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.refuse(file, line, None, 'is not UTF-8. Save the file as "CSV UTF-8".')
            return None

    def _accept_header(self, form: _Format, header: list[str]) -> bool:
        """Whether every wanted column is there, once, and no other."""
        known = [column.name for column in form.columns]
        if len(header) == 1 and ";" in header[0]:
            self.refuse(form.file, 1, None, "is separated by semicolons. Save the file with commas.")
            return False
        before = len(self.problems)
        for name in known:
            if name not in header:
                self.refuse(form.file, 1, name, "the column is missing. Add it to the header.")
        for name in dict.fromkeys(header):
            if name not in known:
                self.refuse(form.file, 1, name, f"the column is not known. Remove it, or use one of: {', '.join(known)}.")
            elif header.count(name) > 1:
                self.refuse(form.file, 1, name, "the column appears twice. Keep one of them.")
        return len(self.problems) == before

    def _line(self, form: _Format, number: int, cells: dict[str, str]) -> _Line:
        line = _Line(number, cells)
        values: dict[str, Any] = {}
        for column in form.columns:
            cell = cells[column.name]
            if cell == "":
                values[column.name] = column.when_empty
                if column.required:
                    self.refuse(form.file, number, column.name, "is empty. Fill it in.")
                    values.pop(column.name)
                continue
            try:
                values[column.name] = column.read(cell)
            except Refused as refused:
                self.refuse(form.file, number, column.name, str(refused))
        if len(values) == len(form.columns):
            line.row = form.row(**values)
        return line


def _numbered(records: Any) -> Iterator[tuple[int, list[str]]]:
    """Records with the line they start on (a quoted cell may span lines), cells stripped, empty records left out."""
    start = 1
    for record in records:
        cells = [cell.strip() for cell in record]
        if any(cells):  # spreadsheets leave lines of nothing but commas behind
            yield start, cells
        start = records.line_num + 1


# The six files together


def _check_unique(reading: _Reading, file: str, *columns: str) -> None:
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


def _check_same(reading: _Reading, file: str, key_columns: tuple[str, ...], *columns: str) -> None:
    """Rows that are one thing at different times agree on everything but the rate, its period and its source."""
    first: dict[tuple[str, ...], _Line] = {}
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


def _check_reference(reading: _Reading, file: str, column: str, target_file: str, target: str, noun: str) -> None:
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


def _check_features(reading: _Reading) -> None:
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


def _check_labels(reading: _Reading) -> None:
    """Lines of one feature can be told apart by the words on the screen."""
    lines_of: dict[str, dict[str, _Line]] = {}
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


def _check_periods(reading: _Reading) -> None:
    """The rates of a line follow each other. One without an end is simply followed by the next."""
    rates_of: dict[tuple[str, str], list[_Line]] = {}
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


def _check_prices(reading: _Reading) -> None:
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


def _check_products(reading: _Reading) -> None:
    for line in reading.sheets[PRODUCTS].lines:
        if line.cells["kind"] in ("credits", "seats") and not line.cells["credits_per_unit"]:
            reading.refuse(
                PRODUCTS,
                line.number,
                "credits_per_unit",
                "is empty. Fill it in; only a pay-as-you-go contract may go without.",
            )


def _check_seat_uses(reading: _Reading) -> None:
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


def read_catalogue(folder: Path) -> Catalogue:
    """The catalogue in `folder`, complete and consistent. Six files read, nothing written.

    Raises CatalogueError with every problem found, each naming its file, line and column.
    """
    reading = _Reading(folder)

    _check_unique(reading, OFFERINGS, "slug")
    _check_unique(reading, OFFERINGS, "name")
    _check_unique(reading, OFFERINGS, "chart_slot")
    _check_unique(reading, FEATURES, "slug")
    _check_unique(reading, FEATURES, "offering", "name")
    _check_reference(reading, FEATURES, "offering", OFFERINGS, "slug", "offering")
    _check_features(reading)
    _check_unique(reading, REQUIREMENTS, "feature", "line", "valid_from")
    _check_reference(reading, REQUIREMENTS, "feature", FEATURES, "slug", "feature")
    _check_same(reading, REQUIREMENTS, ("feature", "line"), "label", "unit")
    _check_labels(reading)
    _check_periods(reading)
    _check_unique(reading, PRICES, "feature", "unit", "valid_from")
    _check_reference(reading, PRICES, "feature", FEATURES, "slug", "feature")
    _check_same(reading, PRICES, ("feature", "unit"), "currency")
    _check_prices(reading)
    _check_unique(reading, PRODUCTS, "sku", "valid_from")
    _check_same(reading, PRODUCTS, ("sku",), "name", "kind", "unit")
    _check_products(reading)
    _check_unique(reading, SEAT_USES, "sku")
    _check_reference(reading, SEAT_USES, "sku", PRODUCTS, "sku", "product")
    _check_reference(reading, SEAT_USES, "feature", FEATURES, "slug", "feature")
    _check_seat_uses(reading)

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
