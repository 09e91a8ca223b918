"""Reading a catalogue folder: every problem is named as a sentence, and the shipped catalogue reads clean."""

import codecs
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from credits.catalogue.files_and_rows import (
    FILES,
    REFERENCE_FOLDER,
    Catalogue,
    CatalogueError,
    CatalogueProblem,
    FeatureRow,
)
from credits.catalogue.read_catalogue import read_catalogue

SMALL = {
    "offerings.csv": """\
slug,name,chart_slot
mail,Mail,1
cloud,Cloud,2
""",
    "features.csv": """\
slug,offering,name,description,billing,switch_group,app_url,help_text
mail-sensor,mail,Mail Sensor,Watches mail,annual,,,
accounts,cloud,Accounts,"Posture, and more",switchable,,https://console.example/apps/accounts,
logs-a,cloud,Logs A,,switchable,logs,,
logs-b,cloud,Logs B,,switchable,logs,,
""",
    "requirements.csv": """\
feature,line,label,unit,credits_per_unit,valid_from,valid_to,source
mail-sensor,base,,user,5,2020-01-01,,Price page
accounts,small,Small,cloud account,1000,2020-01-01,,Price page
accounts,large,Large,cloud account,2000,2020-01-01,,Price page
logs-a,base,,GB,0.2,2020-01-01,,Price page
logs-b,base,,GB,0,2020-01-01,,Price page
""",
    "pay_as_you_go_prices.csv": """\
feature,unit,price,currency,valid_from,source,note
accounts,account per hour,0.12,USD,2020-01-01,Price page,
""",
    "products.csv": """\
sku,name,kind,unit,credits_per_unit,valid_from,source
CREDITS,Credits,credits,credit,1,2020-01-01,Price page
MAIL,Mail seats,seats,seat,5,2020-01-01,Price page
PAYG,Contract,pay-as-you-go,credit,,2020-01-01,Price page
""",
    "seat_uses.csv": """\
sku,feature,line
MAIL,mail-sensor,base
""",
}

MakeFolder = Callable[..., Path]


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """A folder with the small catalogue. `changed` maps a file to its bytes or text, or to None to leave it out;
    `added` maps a file to lines appended to it."""

    def make(
        changed: dict[str, str | bytes | None] | None = None,
        added: dict[str, str] | None = None,
        swapped: tuple[str, str, str] | None = None,
    ) -> Path:
        contents: dict[str, str | bytes | None] = {**SMALL, **(changed or {})}
        for file, lines in (added or {}).items():
            contents[file] = SMALL[file] + lines
        if swapped:
            file, old, new = swapped
            assert SMALL[file].count(old) == 1, f"{old!r} must stand once in {file}"
            contents[file] = SMALL[file].replace(old, new)
        for file, content in contents.items():
            if content is not None:
                (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return make


def problems_in(folder: Path) -> list[str]:
    """The sentences, in the order in which they are reported."""
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(folder)
    return [str(problem) for problem in raised.value.problems]


# What a clean folder becomes


def test_a_clean_folder_becomes_rows_in_the_order_of_the_files(make_folder: MakeFolder) -> None:
    catalogue = read_catalogue(make_folder())
    assert [offering.slug for offering in catalogue.offerings] == ["mail", "cloud"]
    assert catalogue.features[1] == FeatureRow(
        slug="accounts",
        offering="cloud",
        name="Accounts",
        description="Posture, and more",
        billing="switchable",
        switch_group="",
        app_url="https://console.example/apps/accounts",
        help_text="",
    )
    assert [row.credits_per_unit for row in catalogue.requirements] == [5, 1000, 2000, Decimal("0.2"), 0]
    assert catalogue.requirements[0].valid_from == date(2020, 1, 1)
    assert catalogue.requirements[0].valid_to is None
    assert catalogue.prices[0].price == Decimal("0.12")
    assert catalogue.products[2].credits_per_unit is None
    assert (catalogue.seat_uses[0].sku, catalogue.seat_uses[0].line) == ("MAIL", "base")


def test_rates_are_exact_decimals_never_floats(make_folder: MakeFolder) -> None:
    rate = read_catalogue(make_folder()).requirements[3].credits_per_unit
    assert isinstance(rate, Decimal)
    assert rate * 5 == 1


def test_the_smallest_and_the_largest_rate_are_kept_exactly(make_folder: MakeFolder) -> None:
    folder = make_folder(swapped=("requirements.csv", "user,5,", "user,999999999.999999,"))
    assert read_catalogue(folder).requirements[0].credits_per_unit == Decimal("999999999.999999")
    folder = make_folder(swapped=("requirements.csv", "user,5,", "user,0.000001,"))
    assert read_catalogue(folder).requirements[0].credits_per_unit == Decimal("0.000001")


def test_what_spreadsheets_add_is_tolerated(make_folder: MakeFolder) -> None:
    """A byte order mark, CRLF, spaces around cells, quotes where none are needed, empty lines and lines of commas."""
    plain = read_catalogue(make_folder())
    offerings = codecs.BOM_UTF8 + b'slug, name ,chart_slot\r\n\r\n"mail", Mail ,1\r\ncloud,"Cloud",2\r\n,,\r\n'
    assert read_catalogue(make_folder({"offerings.csv": offerings})) == plain


def test_columns_may_stand_in_any_order(make_folder: MakeFolder) -> None:
    plain = read_catalogue(make_folder())
    assert read_catalogue(make_folder({"seat_uses.csv": "line,sku,feature\nbase,MAIL,mail-sensor\n"})) == plain


def test_a_file_may_hold_nothing_but_its_header(make_folder: MakeFolder) -> None:
    assert read_catalogue(make_folder({"seat_uses.csv": "sku,feature,line\n"})).seat_uses == ()


def test_help_may_run_over_several_lines(make_folder: MakeFolder) -> None:
    folder = make_folder(swapped=("features.csv", "annual,,,", 'annual,,,"One.\r\nTwo."'))
    assert read_catalogue(folder).features[0].help_text == "One.\nTwo."


def test_a_retired_offering_may_stay_without_features_to_keep_its_chart_slot(make_folder: MakeFolder) -> None:
    assert len(read_catalogue(make_folder(added={"offerings.csv": "retired,Retired,3\n"})).offerings) == 3


def test_an_offering_is_described_where_its_file_has_the_column(make_folder: MakeFolder) -> None:
    assert {each.description for each in read_catalogue(make_folder()).offerings} == {""}
    described = make_folder({"offerings.csv": "slug,name,description,chart_slot\nmail,Mail,Filters it,1\ncloud,Cloud,,2\n"})
    assert [each.description for each in read_catalogue(described).offerings] == ["Filters it", ""]


def test_a_line_may_have_one_rate_after_the_other(make_folder: MakeFolder) -> None:
    folder = make_folder(
        added={
            "requirements.csv": "mail-sensor,base,,user,6,2026-01-01,2027-01-01,Price page 2026\n"
            "mail-sensor,base,,user,7,2027-01-01,,Price page 2027\n"
        }
    )
    rates = [row for row in read_catalogue(folder).requirements if row.feature == "mail-sensor"]
    assert [row.credits_per_unit for row in rates] == [5, 6, 7]
    assert [row.valid_to for row in rates] == [None, date(2027, 1, 1), None]


def test_a_product_and_a_price_may_have_one_rate_after_the_other(make_folder: MakeFolder) -> None:
    folder = make_folder(
        added={
            "products.csv": "MAIL,Mail seats,seats,seat,6,2026-01-01,Price page 2026\n",
            "pay_as_you_go_prices.csv": "accounts,account per hour,0.13,USD,2026-01-01,Price page 2026,\n",
        }
    )
    catalogue = read_catalogue(folder)
    assert [row.credits_per_unit for row in catalogue.products if row.sku == "MAIL"] == [5, 6]
    assert [row.price for row in catalogue.prices] == [Decimal("0.12"), Decimal("0.13")]


# Problems with a file


def test_a_missing_folder_is_six_missing_files(tmp_path: Path) -> None:
    assert problems_in(tmp_path / "nowhere") == [
        f"{file}: is missing. Add it; a file without entries needs only its header." for file in FILES
    ]


def test_a_missing_file_is_named_once_without_its_consequences(make_folder: MakeFolder) -> None:
    assert problems_in(make_folder({"offerings.csv": None})) == [
        "offerings.csv: is missing. Add it; a file without entries needs only its header."
    ]


def test_a_folder_in_place_of_a_file_is_named(make_folder: MakeFolder) -> None:
    folder = make_folder({"offerings.csv": None})
    (folder / "offerings.csv").mkdir()
    assert problems_in(folder) == ["offerings.csv: cannot be read (Is a directory)."]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "offerings.csv: is empty. Its first line must be the header: slug,name,chart_slot,description"),
        (
            "slug,name\nmail,Mail\n",
            'offerings.csv line 1, column "chart_slot": the column is missing. Add it to the header.',
        ),
        (
            "slug,name,chart_slot,color\nmail,Mail,1,red\n",
            'offerings.csv line 1, column "color": the column is not known. '
            "Remove it, or use one of: slug, name, chart_slot, description.",
        ),
        (
            "slug,name,chart_slot,name\nmail,Mail,1,Post\n",
            'offerings.csv line 1, column "name": the column appears twice. Keep one of them.',
        ),
        (
            "slug;name;chart_slot\nmail;Mail;1\n",
            "offerings.csv line 1: is separated by semicolons. Save the file with commas.",
        ),
        (
            b"slug,name,chart_slot\nmail,Mail,1\ncloud,Caf\xe9,2\n",
            'offerings.csv line 3: is not UTF-8. Save the file as "CSV UTF-8".',
        ),
        (
            "slug,name,chart_slot\nmail,Mail,1\ncloud,Cloud, and more,2\n",
            "offerings.csv line 3: has 4 cells where the header has 3. Put a cell that contains a comma in double quotes.",
        ),
        (
            'slug,name,chart_slot\nmail,"Mail" 1,1\n',
            "offerings.csv line 2: is not well-formed CSV (',' expected after '\"'). Check the double quotes here and above.",
        ),
    ],
)
def test_a_file_that_is_not_a_table_is_named(content: str | bytes, sentence: str, make_folder: MakeFolder) -> None:
    assert sentence in problems_in(make_folder({"offerings.csv": content}))


def test_a_broken_file_does_not_turn_references_to_it_into_problems(make_folder: MakeFolder) -> None:
    assert len(problems_in(make_folder({"offerings.csv": 'slug,name,chart_slot\nmail,"Mail,1\n'}))) == 1
    assert len(problems_in(make_folder({"requirements.csv": b"\xff\xfe"}))) == 1


# Problems with a cell

CELLS = [
    ("offerings.csv", "mail,Mail,1", ",Mail,1", "slug", "is empty. Fill it in."),
    (
        "offerings.csv",
        "mail,Mail,1",
        "E-Mail,Mail,1",
        "slug",
        '"E-Mail" is not a slug. Use lower-case letters a to z, digits and single hyphens, as in "email-sensor".',
    ),
    ("offerings.csv", "mail,Mail,1", f"{'m' * 61},Mail,1", "slug", "has 61 characters; at most 60 are allowed. Shorten it."),
    ("offerings.csv", "mail,Mail,1", "mail,  ,1", "name", "is empty. Fill it in."),
    (
        "offerings.csv",
        "mail,Mail,1",
        'mail,"Ma\nil",1',
        "name",
        "has U+000A LINE FEED, which begins another line, as character 3. Remove it.",
    ),
    (
        "offerings.csv",
        "mail,Mail,1",
        "mail,Ma\0il,1",
        "name",
        "has U+0000 NULL, which cannot be seen, as character 3. Remove it.",
    ),
    ("offerings.csv", "mail,Mail,1", f"mail,{'M' * 151},1", "name", "has 151 characters; at most 150 are allowed. Shorten it."),
    *(
        (
            "offerings.csv",
            "mail,Mail,1",
            f"mail,Mail,{slot}",
            "chart_slot",
            f'"{slot}" is not a chart slot. Use a whole number from 1 to 24.',
        )
        for slot in ("0", "25", "-1", "1.0", "01", "one", "\u0661")
    ),
    (
        "features.csv",
        "Watches mail,annual",
        "Watches mail,both",
        "billing",
        '"both" is not known here. Use one of: annual, switchable.',
    ),
    *(
        (
            "features.csv",
            "https://console.example/apps/accounts",
            address,
            "app_url",
            f'"{address}" is not a web address. Write it in full, as in https://console.example/apps/email.',
        )
        for address in ("javascript:alert(1)", "console.example", "https://", "//console.example", "https://[", "https://a b")
    ),
    (
        "features.csv",
        "annual,,,",
        'annual,,,"a\nb\0"',
        "help_text",
        "has U+0000 NULL, which cannot be seen, as character 2 of its line 2. Remove it.",
    ),
    *(
        ("requirements.csv", "user,5,", f"user,{rate},", "credits_per_unit", f'"{rate}" is negative. Use zero or more.')
        for rate in ("-5", "-0.2")
    ),
    *(
        (
            "requirements.csv",
            "user,5,",
            f"user,{rate},",
            "credits_per_unit",
            f'"{rate}" is not a number. Use digits and at most one decimal point, as in 1250 or 0.05.',
        )
        for rate in ("five", "1e3", "NaN", "Infinity", ".5", "5.", "+5", "1_000", "\u0665", "1 000")
    ),
    (
        "requirements.csv",
        "user,5,",
        "user,0.0000001,",
        "credits_per_unit",
        '"0.0000001" has 7 decimals; at most 6 are kept. Round it yourself.',
    ),
    (
        "requirements.csv",
        "user,5,",
        "user,1000000000,",
        "credits_per_unit",
        '"1000000000" is too large. Use a number below 1,000,000,000.',
    ),
    ("requirements.csv", "user,5,", "user,,", "credits_per_unit", "is empty. Fill it in."),
    *(
        (
            "requirements.csv",
            "user,5,2020-01-01",
            f"user,5,{day}",
            "valid_from",
            f'"{day}" is not a date. Write year-month-day, as in 2020-01-31.',
        )
        for day in ("2020-02-30", "20200101", "01.01.2020", "2020-W01-1", "2020-1-1")
    ),
    *(
        (
            "requirements.csv",
            "user,5,2020-01-01,",
            f"user,5,2020-01-01,{day}",
            "valid_to",
            f"{day} is not after valid_from, 2020-01-01. valid_to is the first day on which the rate no longer holds.",
        )
        for day in ("2019-12-31", "2020-01-01")
    ),
    (
        "pay_as_you_go_prices.csv",
        "USD",
        "US$",
        "currency",
        '"US$" is not a currency code. Use three capital letters, as in USD.',
    ),
    ("pay_as_you_go_prices.csv", "0.12", "-0.12", "price", '"-0.12" is negative. Use zero or more.'),
    (
        "products.csv",
        "CREDITS,Credits",
        "1 CREDIT,Credits",
        "sku",
        '"1 CREDIT" is not a SKU. Use letters, digits, dots, hyphens and underscores, as in "EP-CORE".',
    ),
    (
        "products.csv",
        "Credits,credits",
        "Credits,points",
        "kind",
        '"points" is not known here. Use one of: credits, seats, pay-as-you-go.',
    ),
    (
        "products.csv",
        "credit,1,",
        "credit,,",
        "credits_per_unit",
        "is empty. Fill it in; only a pay-as-you-go contract may go without.",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "column", "message"), CELLS)
def test_a_cell_that_cannot_be_used_is_named_with_its_place(
    file: str, old: str, new: str, column: str, message: str, make_folder: MakeFolder
) -> None:
    line = SMALL[file][: SMALL[file].index(old)].count("\n") + 1
    assert f'{file} line {line}, column "{column}": {message}' in problems_in(make_folder(swapped=(file, old, new)))


# Problems between lines and files

RELATIONS = [
    (
        "offerings.csv",
        "mail,Post,3\n",
        'offerings.csv line 4, column "slug": "mail" is already on line 2. Keep one of the two lines.',
    ),
    (
        "offerings.csv",
        "post,Mail,3\n",
        'offerings.csv line 4, column "name": "Mail" is already on line 2. Keep one of the two lines.',
    ),
    (
        "offerings.csv",
        "post,Post,2\n",
        'offerings.csv line 4, column "chart_slot": "2" is already on line 3. Keep one of the two lines.',
    ),
    (
        "features.csv",
        "mail-sensor,mail,Other,,annual,,,\n",
        'features.csv line 6, column "slug": "mail-sensor" is already on line 2. Keep one of the two lines.',
    ),
    (
        "features.csv",
        "other,mail,Mail Sensor,,annual,,,\n",
        'features.csv line 6, column "name": "Mail Sensor" of "mail" is already on line 2. Keep one of the two lines.',
    ),
    (
        "features.csv",
        "other,xyz,Other,,annual,,,\n",
        'features.csv line 6, column "offering": no offering "xyz" in offerings.csv. Add it there or correct the slug.',
    ),
    (
        "features.csv",
        "other,mail,Other,,annual,,,\n",
        'features.csv line 6, column "slug": "other" has no line in requirements.csv. Add one; a free feature has the rate 0.',
    ),
    (
        "features.csv",
        "other,mail,Other,,annual,logs,,\n",
        'features.csv line 6, column "switch_group": a feature billed only in annual credits cannot switch with group '
        '"logs". Empty the cell or make the feature switchable.',
    ),
    (
        "requirements.csv",
        "xyz,base,,user,5,2020-01-01,,Price page\n",
        'requirements.csv line 7, column "feature": no feature "xyz" in features.csv. Add it there or correct the slug.',
    ),
    (
        "requirements.csv",
        "accounts,small,Small,cloud account,1100,2020-01-01,,Price page\n",
        'requirements.csv line 7, column "valid_from": "2020-01-01" of "small" of "accounts" is already on line 3. '
        "Keep one of the two lines.",
    ),
    (
        "requirements.csv",
        "accounts,small,Tiny,cloud account,1100,2026-01-01,,Price page\n",
        'requirements.csv line 7, column "label": "Tiny" differs from "Small" on line 3. '
        'Rows of "small" of "accounts" are one thing over time: use the same words.',
    ),
    (
        "requirements.csv",
        "mail-sensor,base,,mailbox,6,2026-01-01,,Price page\n",
        'requirements.csv line 7, column "unit": "mailbox" differs from "user" on line 2. '
        'Rows of "base" of "mail-sensor" are one thing over time: use the same words.',
    ),
    (
        "requirements.csv",
        "mail-sensor,more,More,user,6,2020-01-01,,Price page\n",
        'requirements.csv line 2, column "label": is empty, but "mail-sensor" has 2 lines. '
        "Give each a label that tells them apart.",
    ),
    (
        "requirements.csv",
        "accounts,huge,Large,cloud account,3000,2020-01-01,,Price page\n",
        'requirements.csv line 7, column "label": "Large" is already the label of another line of "accounts", on line 4. '
        "Give each line a label of its own.",
    ),
    (
        "requirements.csv",
        "mail-sensor,base,,user,4,2019-01-01,2020-01-02,Price page\n",
        'requirements.csv line 2, column "valid_from": 2020-01-01 lies within the rate on line 7, '
        "which holds until 2020-01-02. Let one end where the other begins.",
    ),
    (
        "pay_as_you_go_prices.csv",
        "xyz,hour,1,USD,2020-01-01,Price page,\n",
        'pay_as_you_go_prices.csv line 3, column "feature": no feature "xyz" in features.csv. Add it there or correct the slug.',
    ),
    (
        "pay_as_you_go_prices.csv",
        "mail-sensor,hour,1,USD,2020-01-01,Price page,\n",
        'pay_as_you_go_prices.csv line 3, column "feature": "mail-sensor" is billed only in annual credits. '
        "Make it switchable in features.csv or remove this price.",
    ),
    (
        "pay_as_you_go_prices.csv",
        "accounts,account per hour,0.13,USD,2020-01-01,Price page,\n",
        'pay_as_you_go_prices.csv line 3, column "valid_from": "2020-01-01" of "account per hour" of "accounts" '
        "is already on line 2. Keep one of the two lines.",
    ),
    (
        "pay_as_you_go_prices.csv",
        "accounts,account per hour,0.13,EUR,2026-01-01,Price page,\n",
        'pay_as_you_go_prices.csv line 3, column "currency": "EUR" differs from "USD" on line 2. '
        'Rows of "account per hour" of "accounts" are one thing over time: use the same words.',
    ),
    (
        "products.csv",
        "MAIL,Mail seats,seats,seat,6,2020-01-01,Price page\n",
        'products.csv line 5, column "valid_from": "2020-01-01" of "MAIL" is already on line 3. Keep one of the two lines.',
    ),
    (
        "products.csv",
        "MAIL,Mail seats,credits,seat,6,2026-01-01,Price page\n",
        'products.csv line 5, column "kind": "credits" differs from "seats" on line 3. '
        'Rows of "MAIL" are one thing over time: use the same words.',
    ),
    (
        "seat_uses.csv",
        "MAIL,accounts,small\n",
        'seat_uses.csv line 3, column "sku": "MAIL" is already on line 2. Keep one of the two lines.',
    ),
    (
        "seat_uses.csv",
        "XYZ,accounts,small\n",
        'seat_uses.csv line 3, column "sku": no product "XYZ" in products.csv. Add it there or correct the SKU.',
    ),
    (
        "seat_uses.csv",
        "CREDITS,accounts,small\n",
        'seat_uses.csv line 3, column "sku": "CREDITS" is not a product of kind seats in products.csv. '
        "Only seats pay for a line.",
    ),
    (
        "seat_uses.csv",
        "MAIL,xyz,base\n",
        'seat_uses.csv line 3, column "feature": no feature "xyz" in features.csv. Add it there or correct the slug.',
    ),
    (
        "seat_uses.csv",
        "MAIL,accounts,tiny\n",
        'seat_uses.csv line 3, column "line": no line "tiny" of "accounts" in requirements.csv. '
        "Add it there or correct the slug.",
    ),
]


@pytest.mark.parametrize(("file", "lines", "sentence"), RELATIONS)
def test_lines_that_do_not_fit_together_are_named(file: str, lines: str, sentence: str, make_folder: MakeFolder) -> None:
    assert sentence in problems_in(make_folder(added={file: lines}))


def test_a_line_with_another_problem_still_answers_references(make_folder: MakeFolder) -> None:
    """One typing error is one problem, not one for every line that refers to it."""
    assert problems_in(make_folder(swapped=("offerings.csv", "mail,Mail,1", "mail,Mail,99"))) == [
        'offerings.csv line 2, column "chart_slot": "99" is not a chart slot. Use a whole number from 1 to 24.'
    ]


def test_lines_are_counted_across_cells_that_span_lines(make_folder: MakeFolder) -> None:
    features = SMALL["features.csv"].replace("annual,,,", 'annual,,,"One.\nTwo."').replace("logs-a,cloud", "logs-a,xyz")
    assert problems_in(make_folder({"features.csv": features})) == [
        'features.csv line 5, column "offering": no offering "xyz" in offerings.csv. Add it there or correct the slug.'
    ]


def test_all_problems_come_together_in_the_order_of_files_and_lines(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "offerings.csv": SMALL["offerings.csv"].replace("Cloud,2", "Cloud,1"),
            "requirements.csv": SMALL["requirements.csv"].replace("user,5,", "user,-5,").replace("0.2", "many"),
            "seat_uses.csv": None,
        }
    )
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(folder)
    places = [(problem.file, problem.line, problem.column) for problem in raised.value.problems]
    assert places == [
        ("offerings.csv", 3, "chart_slot"),
        ("requirements.csv", 2, "credits_per_unit"),
        ("requirements.csv", 5, "credits_per_unit"),
        ("seat_uses.csv", None, None),
    ]
    first, *others = str(raised.value).splitlines()
    assert first == f"The catalogue in {folder} has 4 problems:"
    assert others == [str(problem) for problem in raised.value.problems]


def test_one_problem_is_told_in_the_singular() -> None:
    problem = CatalogueProblem("offerings.csv", 2, "slug", "is empty. Fill it in.")
    assert str(CatalogueError(Path("here"), (problem,))).startswith("The catalogue in here has 1 problem:\n")


# The catalogue that is shipped


@pytest.fixture(scope="module")
def reference() -> Catalogue:
    return read_catalogue(REFERENCE_FOLDER)


def rates_of(reference: Catalogue, feature: str) -> dict[str, Decimal]:
    return {row.line: row.credits_per_unit for row in reference.requirements if row.feature == feature}


def test_the_reference_catalogue_has_17_offerings_52_features_and_62_lines(reference: Catalogue) -> None:
    assert len(reference.offerings) == 17
    assert len(reference.features) == 52
    assert len(reference.requirements) == 62
    assert len(reference.prices) == 16
    assert len(reference.products) == 18
    assert len(reference.seat_uses) == 15


def test_each_offering_keeps_its_chart_slot(reference: Catalogue) -> None:
    """Slots are given once and never again; this list may only grow."""
    assert {offering.slug: offering.chart_slot for offering in reference.offerings} == {
        "endpoint-security": 1,
        "email-and-collaboration-security": 2,
        "cyber-risk-exposure-management": 3,
        "container-security": 4,
        "xdr-for-networks": 5,
        "zero-trust-secure-access": 6,
        "agentic-siem": 7,
        "sandbox-analysis": 8,
        "file-security": 9,
        "xdr-for-ot": 10,
        "forensics": 11,
        "xdr-for-cloud": 12,
        "mobile-security": 13,
        "data-transfer": 14,
        "threat-intelligence": 15,
        "network-inventory": 16,
        "asrm-add-on": 24,
    }


@pytest.mark.parametrize(
    ("feature", "rate"),
    [
        ("advanced-endpoint-security", "45"),
        ("advanced-server-workload-protection", "235"),
        ("endpoint-sensor", "20"),
        ("email-sensor", "5"),
        ("container-nodes", "1100"),
        ("serverless-containers", "110"),
        ("file-security-storage-buckets", "9636"),
        ("data-retention-analytic", "0.2"),
        ("data-retention-archival", "0.05"),
        ("collaboration-sensor", "0"),
        ("cyber-risk-overview", "0"),
        ("virtual-network-sensor", "12500"),
        ("xdr-for-ot-network", "200"),
        ("threat-intelligence-feed-service-providers", "500000"),
    ],
)
def test_a_feature_with_one_line_has_its_known_rate(feature: str, rate: str, reference: Catalogue) -> None:
    assert list(rates_of(reference, feature).values()) == [Decimal(rate)]


def test_cloud_accounts_have_eight_tiers_from_1000_to_8000(reference: Catalogue) -> None:
    rates = rates_of(reference, "cloud-account-assessment")
    assert list(rates.values()) == [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]
    assert [*rates][:2] == ["up-to-500", "up-to-1000"]
    assert [*rates][-1] == "above-3500"


def test_features_with_levels_have_a_line_for_each(reference: Catalogue) -> None:
    assert rates_of(reference, "desktops-and-servers") == {"core": 20, "essentials": 50}
    assert rates_of(reference, "cloud-email-collaboration-protection") == {"standard": 25, "advanced": 25}
    assert rates_of(reference, "cloud-email-gateway-protection") == {"standard": 25, "advanced": 25}


def test_twelve_features_can_be_switched_and_only_xdr_for_cloud_together(reference: Catalogue) -> None:
    switchable = [feature for feature in reference.features if feature.billing == "switchable"]
    assert len(switchable) == 12
    assert {feature.slug for feature in switchable if feature.switch_group} == {
        "cloud-detections-aws-cloudtrail",
        "cloud-detections-aws-vpc-flow-logs",
        "cloud-detections-amazon-security-lake",
    }
    assert {feature.switch_group for feature in switchable} == {"", "xdr-for-cloud"}


def test_every_switchable_feature_has_a_list_price_and_no_feature_an_address_that_is_nobodys(reference: Catalogue) -> None:
    switchable = {feature.slug for feature in reference.features if feature.billing == "switchable"}
    assert {price.feature for price in reference.prices} == switchable
    assert {feature.app_url for feature in reference.features} == {""}


def test_every_feature_is_described(reference: Catalogue) -> None:
    assert [feature.slug for feature in reference.features if not feature.description] == []


def test_everything_holds_from_2020_so_that_back_dated_licenses_have_rates(reference: Catalogue) -> None:
    days = {row.valid_from for row in reference.requirements}
    days |= {row.valid_from for row in reference.prices}
    days |= {row.valid_from for row in reference.products}
    assert days == {date(2020, 1, 1)}
    assert {row.valid_to for row in reference.requirements} == {None}


def test_every_conversion_has_its_known_rate(reference: Catalogue) -> None:
    assert {row.sku: row.credits_per_unit for row in reference.products} == {
        "CREDITS": 1,
        "CREDITS-AZURE": 1,
        "EP-CORE": 45,
        "EP-ESSENTIALS": 65,
        "EP-PRO": 300,
        "XDR-ENDPOINT": 20,
        "XDR-EMAIL": 5,
        "XDR-NETWORK": 25000,
        "CREM-ADDON-ENDPOINT": 20,
        "CREM-ADDON-EMAIL": 3,
        "CREM-ADDON-NETWORK": 25000,
        "MOBILE-SENSOR": 5,
        "SANDBOX-RESERVE": 50,
        "ZTSA-PRIVATE": 50,
        "ZTSA-INTERNET": 60,
        "ZTSA-AI": 50,
        "ZTSA-INTERNET-AI": 85,
        "PAYG": 1,
    }


def test_keeping_the_use_of_converted_seats_never_takes_more_than_they_bring(reference: Catalogue) -> None:
    """Equal but for the two endpoint packages that contain more than the one line they are mapped to."""
    brings = {row.sku: row.credits_per_unit for row in reference.products}
    takes = {(row.feature, row.line): row.credits_per_unit for row in reference.requirements}
    left_over = {use.sku: (brings[use.sku] or 0) - takes[use.feature, use.line] for use in reference.seat_uses}
    assert {sku: rest for sku, rest in left_over.items() if rest} == {"EP-ESSENTIALS": 20, "EP-PRO": 65}


def test_every_seat_product_has_a_use(reference: Catalogue) -> None:
    seats = {row.sku for row in reference.products if row.kind == "seats"}
    assert seats == {use.sku for use in reference.seat_uses}


# The document


def test_the_example_in_the_document_reads_clean(tmp_path: Path) -> None:
    document = (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    example = document.partition("\n## An example\n")[2].partition("\n## ")[0]
    files = re.findall(r"^(\w+\.csv)\n```\n(.*?)```$", example, flags=re.MULTILINE | re.DOTALL)
    assert tuple(name for name, _ in files) == FILES
    for name, content in files:
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert len(read_catalogue(tmp_path).requirements) == 4


def test_the_document_describes_every_column() -> None:
    document = (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    for file in FILES:
        described = document.partition(f"\n## {file}\n")[2].partition("\n## ")[0]
        header = (REFERENCE_FOLDER / file).read_text(encoding="utf-8").partition("\n")[0]
        assert re.findall(r"^\| (\w+) \|", described, flags=re.MULTILINE)[1:] == header.split(",")
