"""Static files are collected small, once per state of their sources."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.test import Client

from console.serving import static_files
from console.serving.static_files import collect


@pytest.fixture
def sources(tmp_path: Path, settings: Any) -> Path:
    """A folder of two files of ours, collected beside it as production does."""
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "page.css").write_text("/* why */\n.a {\n  background: url('../mark.svg');\n}\n")
    (folder / "mark.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'>" + " " * 300 + "</svg>")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = django_settings.STORAGES_OF_COLLECTED_FILES
    finders.get_finder.cache_clear()
    return folder


@pytest.fixture(autouse=True)
def usual_finders() -> Any:
    yield
    finders.get_finder.cache_clear()


def collected(settings: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads((Path(settings.STATIC_ROOT) / "staticfiles.json").read_text())["paths"]
    return found


def test_a_style_sheet_is_collected_small_named_by_what_it_became_and_compressed(sources: Path, settings: Any) -> None:
    collect()
    names = collected(settings)
    served = Path(settings.STATIC_ROOT) / names["css/page.css"]
    assert served.read_text() == f'.a{{background:url("../{names["mark.svg"]}")}}'
    assert (
        gzip.decompress((Path(settings.STATIC_ROOT) / f"{names['mark.svg']}.gz").read_bytes())
        == (sources / "mark.svg").read_bytes()
    )


def test_files_are_collected_anew_only_where_one_has_changed(
    sources: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect()
    before = collected(settings)
    with monkeypatch.context() as nothing:
        nothing.setattr(static_files, "call_command", lambda *arguments, **options: pytest.fail("Collects."))
        collect()
    (sources / "css" / "page.css").write_text(".b { color: red }")
    os.utime(sources / "css" / "page.css", ns=(1, 1))
    collect()
    assert collected(settings)["css/page.css"] != before["css/page.css"]
    assert collected(settings)["mark.svg"] == before["mark.svg"]
    left = {path.name for path in (Path(settings.STATIC_ROOT) / "css").glob("*.css")}
    assert left == {"page.css", Path(collected(settings)["css/page.css"]).name}, "what is not served any more is gone"


@pytest.mark.django_db
def test_no_search_engine_lists_a_page_and_texts_are_compressed() -> None:
    robots = Client().get("/robots.txt")
    assert (robots.status_code, robots.content) == (200, b"User-agent: *\nDisallow: /\n")
    for address in ("/accounts/login/", "/help/credits/", "/nowhere"):
        page = Client().get(address, headers={"Accept-Encoding": "br, gzip"}, follow=True)
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert (page.headers["Content-Encoding"], "Accept-Encoding" in page.headers["Vary"]) == ("gzip", True)
        text = gzip.decompress(page.content).decode()
        assert '<meta name="robots" content="noindex, nofollow">' in text
    lengths = {len(Client().get("/accounts/login/", headers={"Accept-Encoding": "gzip"}).content) for _ in range(6)}
    assert len(lengths) > 1, "padded, so that a secret cannot be guessed by the length"
