"""`make lighthouse` after `prepare`: how fast the pages are in a browser, and how accessible, on a desk and on a phone.

Serves the demo as `make run` does, measures each page several times with Lighthouse, which npm installs once under .data/tools as
requirements/lighthouse pins it, and writes the medians into docs/quality/lighthouse.md. Wants Node.js and a machine that
does nothing else.

Usage: python -m console.launch.measuring.lighthouse [--runs 5] [--only "Sign-in"]... [--print]; --print writes no document.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.launch.folders_and_words import DATA, ROOT, begin
from console.launch.measuring.demo_console import DemoConsole, demo_console
from console.launch.tests import find_chromium

DOCUMENT = ROOT / "docs" / "quality" / "lighthouse.md"
PINNED = ROOT / "requirements" / "lighthouse"
PERSON = "manager@aster.example"
PAGES = {
    "Annual credits": "/companies/aster/credits/annual/",
    "License Information": "/companies/aster/licenses/",
    "Sign-in": "/accounts/login/",
    "Activation, first step": "/activate/",
}
SIGNED_OUT = {"Sign-in"}
DEVICES = {"desktop": ["--preset=desktop"], "mobile": []}
CATEGORIES = ("performance", "accessibility", "best-practices")
BEGIN, END = "<!-- measured: written by make lighthouse -->", "<!-- end of what was measured -->"


@dataclass(frozen=True)
class Result:
    """Of one page on one device: scores of 100, milliseconds, a shift without unit, bytes over the wire, elements."""

    performance: float
    accessibility: float
    best_practices: float
    first_paint: float
    largest_paint: float
    blocked: float
    shift: float
    size: float
    elements: float


def read(report: dict[str, Any]) -> Result:
    """What a report of Lighthouse says. Raises ValueError with its words where the page could not be measured."""
    if report.get("runtimeError"):
        raise ValueError(report["runtimeError"]["message"])
    scores = [(report["categories"][name]["score"] or 0) * 100 for name in CATEGORIES]
    audits = report["audits"]
    figures = [
        audits[name]["numericValue"]
        for name in (
            "first-contentful-paint",
            "largest-contentful-paint",
            "total-blocking-time",
            "cumulative-layout-shift",
            "total-byte-weight",
            "dom-size",
        )
    ]
    return Result(*scores, *figures)


def median_of(results: list[Result]) -> Result:
    """Each figure's own median."""
    return Result(*(statistics.median(getattr(each, name) for each in results) for name in Result.__dataclass_fields__))


def table(measured: dict[tuple[str, str], Result]) -> str:
    """The medians as a table of a document."""
    lines = [
        "| page | device | performance | accessibility | best practices | first paint | largest paint | blocked | shift | wire"
        " | elements |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for (page, device), each in measured.items():
        lines.append(
            f"| {page} | {device} | {each.performance:.0f} | {each.accessibility:.0f} | {each.best_practices:.0f}"
            f" | {each.first_paint / 1000:.2f} s | {each.largest_paint / 1000:.2f} s | {each.blocked:.0f} ms | {each.shift:.3f}"
            f" | {each.size / 1000:,.0f} kB | {each.elements:,.0f} |"
        )
    return "\n".join(lines)


def install() -> Path:
    """Lighthouse's program. Installed once per pinned version; packages are checked against the sums in the lock file."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        sys.exit("Lighthouse needs Node.js with npm: install them (on Debian: apt-get install nodejs npm), then start again.")
    digest = hashlib.sha256((PINNED / "package-lock.json").read_bytes()).hexdigest()
    folder = DATA / "tools" / f"lighthouse-{digest[:12]}"
    program = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not (folder / "done").exists():
        with begin("Lighthouse"):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(PINNED, folder)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=False)
            if done.returncode:
                sys.exit(
                    "Cannot install Lighthouse: check the network and the registry that npm is set up with, then start again."
                )
            (folder / "done").touch()
    return program


TRIES = 3


def measure(program: Path, url: str, session: str, device: str) -> Result:
    """One visit with an empty cache, by a browser of its own."""
    with tempfile.TemporaryDirectory(prefix="allotment-lighthouse-") as folder:
        report = Path(folder) / "report.json"
        command = [
            "node",
            str(program),
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags=--headless=new --user-data-dir={folder}/profile{' --no-sandbox' if os.geteuid() == 0 else ''}",
            *DEVICES[device],
        ]
        if session:
            headers = Path(folder) / "headers.json"
            headers.write_text(json.dumps({"Cookie": f"sessionid={session}"}))
            command.append(f"--extra-headers={headers}")
        for left in reversed(range(TRIES)):  # now and then a browser records nothing, and Lighthouse asks to be run again
            if subprocess.run(command, check=not left, stdin=subprocess.DEVNULL).returncode == 0:
                break
        return read(json.loads(report.read_text()))


def measure_all(console: DemoConsole, pages: dict[str, str], runs: int) -> dict[tuple[str, str], Result]:
    program, session = install(), console.session_of(PERSON)
    measured = {}
    for device in DEVICES:
        for page, address in pages.items():
            with begin(f"{page}, {device}") as step:
                results = []
                for _ in range(runs):
                    results.append(measure(program, console.url + address, "" if page in SIGNED_OUT else session, device))
                found = measured[page, device] = median_of(results)
                step.named = f"{page}, {device}: {found.performance:.0f}"
    return measured


def write(text: str) -> None:
    """Into the document, between its marks; what people wrote about it stays."""
    document = DOCUMENT.read_text()
    before, rest = document.split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make lighthouse")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", action="append", choices=PAGES)
    parser.add_argument("--print", action="store_true")
    wanted = parser.parse_args(arguments)
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Lighthouse needs Chromium: install it (on Debian: apt-get install chromium), or name it in CHROMIUM.")
    os.environ["CHROME_PATH"] = chromium
    pages = {name: address for name, address in PAGES.items() if not wanted.only or name in wanted.only}
    with demo_console() as console:
        measured = measure_all(console, pages, wanted.runs)
    load = os.getloadavg()[2]
    text = (
        f"{datetime.now(UTC):%b %d, %Y}, medians of {wanted.runs}, {os.cpu_count()} cores, load {load:.1f}.\n\n{table(measured)}"
    )
    print(f"\n{text}")
    if not wanted.print:
        write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
