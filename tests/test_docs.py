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


def test_no_word_stands_in_the_glossary_twice() -> None:
    words = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    found = [word.casefold() for word in words if word not in ("word", "---")]
    assert sorted(found) == sorted(set(found))


def test_the_readme_and_the_makefile_name_every_proof() -> None:
    makefile, readme = (ROOT / "Makefile").read_text(), (ROOT / "README.md").read_text()
    proofs = set(re.findall(r"^(proof-of-[a-z-]+):", makefile, re.MULTILINE))
    assert len(proofs) > 10
    assert set(re.findall(r'^\t@echo "make (proof-of-[a-z-]+) ', makefile, re.MULTILINE)) == proofs
    assert set(re.findall(r"`make (proof-of-[a-z-]+)`", readme)) == proofs


BRITISH = re.compile(
    r"\b(?:grey|fulfil|labell(?:ed|ing)|enrolment|neighbour\w*|cancelling|colour\w*|behaviour\w*|favour\w*|honour\w*|whilst"
    r"|modell(?:ed|ing)|travell(?:ed|ing)|centre|artefact\w*"
    r"|(?:organ|recogn|summar|normal|initial|util|priorit|real|emphas|min|max|optim)is(?:e[sd]?|ing))\b",
    re.IGNORECASE,
)


def test_texts_are_written_as_in_america() -> None:
    """But for the terms that the glossary names, the words of a list of passwords, and a column that migrations named."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    kinds = (".md", ".py", ".html", ".txt", ".css", ".js", ".toml", ".yml", ".conf")
    for name in filter(None, listed):
        path = ROOT / name
        if path == Path(__file__) or name.startswith(("static/vendor/", "requirements/")) or path.suffix not in kinds:
            continue
        if path.is_file():
            found = BRITISH.search(path.read_text())
            assert not found, f"{name}: {found[0]}"


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_folders_that_documents_name_are_there(document: Path) -> None:
    rooms = "console|licensing|credits|tests|docs|templates|static|requirements"
    named = re.findall(rf"`((?:{rooms})/[\w./-]*)`", document.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


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
