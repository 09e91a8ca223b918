"""What the documents promise about the code: the glossary's words, the README's variables, links that lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
OUR_MODELS = [model for model in apps.get_models() if model._meta.app_label in ("console", "licensing", "credits")]
NOT_TERMS = {"person"}


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model.__name__)
def test_the_glossary_has_the_name_of_every_model(model: type) -> None:
    name = str(model._meta.verbose_name)  # type: ignore[attr-defined]
    glossary = (ROOT / "docs/glossary.md").read_text().casefold()
    assert name in NOT_TERMS or f"| {name.casefold()} |" in glossary


def test_the_readme_names_every_variable_the_settings_read() -> None:
    readme = (ROOT / "README.md").read_text()
    sources = [
        *(ROOT / "console/settings").rglob("*.py"),
        ROOT / "console/launch/serve.py",
        ROOT / "console/web_server/__main__.py",
    ]
    read = {name for source in sources for name in re.findall(r'env\.\w+\(\s*"([A-Z][A-Z0-9_]+)"', source.read_text())}
    assert {"SECRET_KEY", "PORT", "SALES_CONTACT"} <= read
    missing = {name for name in read if not re.search(rf"`{name}`", readme)}
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    for name in names:
        first = (ROOT / "docs/decisions" / name).read_text().splitlines()[0]
        assert first.startswith(f"# {int(name[:4])}. ")


def test_nothing_we_carry_names_a_registry_or_a_folder_of_some_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    hosts = r"files\.pythonhosted|pypi\.org|registry\.npmjs|deb\.debian|--(?:extra-)?index-url\s"
    wrong = re.compile(rf"{hosts}|/root/|/home/\w+/")
    for name in filter(None, listed):
        path = ROOT / name
        if path == Path(__file__) or name.startswith("static/vendor/") or not path.is_file():
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        assert not wrong.search(text), name
