"""What is made of measurements and pictures, without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from console.launch.measuring import lighthouse, pictures
from console.launch.measuring.lighthouse import BEGIN, END, Result, median_of, read, table, write

ROOT = Path(__file__).resolve().parents[4]
MAKEFILE = (ROOT / "Makefile").read_text()


def report(score: float, blocked: float) -> dict[str, Any]:
    figures = {
        "first-contentful-paint": 1012.4,
        "largest-contentful-paint": 1200,
        "total-blocking-time": blocked,
        "cumulative-layout-shift": 0.0021,
        "total-byte-weight": 101_432,
        "dom-size": 406,
    }
    return {
        "categories": {name: {"score": score} for name in ("performance", "accessibility", "best-practices")},
        "audits": {name: {"numericValue": value} for name, value in figures.items()},
    }


def test_of_several_visits_each_figure_is_the_median() -> None:
    results = [read(report(score, blocked)) for score, blocked in ((0.9, 10), (1, 900), (0.95, 50))]
    assert median_of(results) == Result(95, 95, 95, 1012.4, 1200, 50, 0.0021, 101_432, 406)
    (row,) = table({("Sign-in", "mobile"): median_of(results)}).splitlines()[2:]
    assert row == "| Sign-in | mobile | 95 | 95 | 95 | 1.01 s | 1.20 s | 50 ms | 0.002 | 101 kB | 406 |"


def test_a_page_that_could_not_be_measured_is_no_result() -> None:
    with pytest.raises(ValueError, match="The page did not paint"):
        read({"runtimeError": {"message": "The page did not paint"}})


def test_what_was_measured_is_written_between_the_words_of_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "lighthouse.md"
    document.write_text(f"# Before\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n")
    monkeypatch.setattr(lighthouse, "DOCUMENT", document)
    write("new")
    write("newer")
    assert document.read_text() == f"# Before\n\n{BEGIN}\n\nnewer\n\n{END}\n\nAfter.\n"
    kept = (ROOT / "docs" / "quality" / "lighthouse.md").read_text()
    assert kept.count(BEGIN) == kept.count(END) == 1


def test_every_package_that_measures_is_pinned_with_its_sum_and_names_no_host() -> None:
    packages = json.loads((lighthouse.PINNED / "package-lock.json").read_text())["packages"]
    assert packages[""]["dependencies"]["lighthouse"] == packages["node_modules/lighthouse"]["version"]
    assert packages["node_modules/lighthouse"]["version"].startswith("12.")
    for name, each in packages.items():
        assert not name or each["integrity"].startswith("sha512-"), name
        assert "resolved" not in each, name


def test_the_readme_shows_the_pictures_that_the_script_takes() -> None:
    shown = set(re.findall(r"docs/pictures/([\w-]+)\.webp", (ROOT / "README.md").read_text()))
    assert shown == {each.name for each in pictures.PICTURES} == {path.stem for path in pictures.FOLDER.glob("*.webp")}
    assert all(path.stat().st_size < 120_000 for path in pictures.FOLDER.iterdir())


def test_help_names_every_target_and_says_that_it_is_what_make_alone_does() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    said = "\n".join(re.findall(r'@echo "(.*)"', MAKEFILE))
    assert targets == {name for name in targets if f"make {name}" in said}
    assert re.search(r"^([a-z]+):", MAKEFILE, re.MULTILINE)[1] == "help"  # type: ignore[index]
    declared = set(MAKEFILE.split(".PHONY:")[1].split("\n\n")[0].replace("\\", "").split())
    assert declared == targets
    for word in ("PORT=", "HOST=", "DEMO=", "DEBUG=", "make, make help"):
        assert word in said
