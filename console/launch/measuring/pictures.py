"""`make pictures` after `prepare`: the pictures of README.md, taken anew of the demo companies.

Serves the demo as `make run` does. The demo is told up to today, so that figures and days differ from those before.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from console.launch.folders_and_words import ROOT, begin
from console.launch.measuring.demo_console import demo_console
from console.launch.tests import find_chromium

FOLDER = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1440, 900
AS_WEBP = """png => new Promise((done) => {
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), {width: image.width, height: image.height});
    canvas.getContext("2d").drawImage(image, 0, 0);
    done(canvas.toDataURL("image/webp", 0.86).split(",")[1]);
  };
  image.src = "data:image/png;base64," + png;
})"""


def nothing(page: Page) -> None:
    """The page as it opens."""


def open_allocation(page: Page) -> None:
    page.goto(page.url.split("?")[0] + "features/endpoint-sensor/")


def two_months_ago(page: Page) -> None:
    from django.utils import timezone

    page.goto(f"{page.url}?on={timezone.localdate() - timedelta(days=60)}")


@dataclass(frozen=True)
class Picture:
    name: str
    person: str
    address: str
    then: Callable[[Page], None] = nothing
    theme: str = "light"
    width: int = WIDTH
    height: int = HEIGHT


PICTURES = (
    Picture("annual-credits", "manager@aster.example", "/companies/aster/credits/annual/", height=1000),
    Picture("licenses", "admin@aster.example", "/companies/aster/licenses/"),
    Picture("allocation", "manager@aster.example", "/companies/aster/credits/annual/", open_allocation),
    Picture("negative", "manager@borealis.example", "/companies/borealis/credits/annual/"),
    Picture("as-of-dark", "manager@aster.example", "/companies/aster/credits/annual/", two_months_ago, theme="dark"),
    Picture("phone", "manager@aster.example", "/companies/aster/credits/annual/", width=390, height=844),
    Picture("activation", "owner@delta.example", "/activate/"),
)


def take(url: str, session: str, browser: Browser, picture: Picture) -> bytes:
    """The window as a person would see it, as WebP."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.theme == "dark" else "light",
        reduced_motion="reduce",
    )
    try:
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        page = context.new_page()
        page.goto(url + picture.address)
        picture.then(page)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        png = base64.b64encode(page.screenshot()).decode()
        empty = context.new_page()  # the console's own pages allow no picture from elsewhere
        return base64.b64decode(empty.evaluate(AS_WEBP, png))
    finally:
        context.close()


def main(wanted: list[str]) -> int:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Pictures need Chromium: install it (on Debian: apt-get install chromium), or name it in CHROMIUM.")
    FOLDER.mkdir(exist_ok=True)
    with demo_console() as console:
        # Before Playwright: in its event loop Django refuses its database.
        sessions = {picture.person: console.session_of(picture.person) for picture in PICTURES}
        take_all(console.url, sessions, chromium, wanted)
    return 0


def take_all(url: str, sessions: dict[str, str], chromium: str, wanted: list[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in PICTURES:
            if wanted and picture.name not in wanted:
                continue
            path = Path(FOLDER / f"{picture.name}.webp")
            with begin(str(path.relative_to(ROOT))) as step:
                path.write_bytes(take(url, sessions[picture.person], browser, picture))
                step.named += f", {path.stat().st_size // 1000} kB"
        browser.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
