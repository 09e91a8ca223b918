"""Measure the letters of Inter as the browser draws them, for credits/charts/letters.py: text in charts is placed by its width.

`python -m console.launch.measure_letters` writes that file anew, from the font that is vendored; needs the packages of the tests.
"""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FONT = ROOT / "static" / "vendor" / "inter" / "inter-latin-wght-normal.woff2"
TABLE = ROOT / "credits" / "charts" / "letters.py"
WEIGHTS = (400, 600, 650)
LETTERS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])) + "–—‘’“”…€™−"

MEASURE = """async ([font, weights, letters]) => {
  const face = new FontFace('Measured', `url(data:font/woff2;base64,${font})`, { weight: '100 900' });
  document.fonts.add(await face.load());
  const pen = document.createElement('canvas').getContext('2d');
  return weights.map((weight) => {
    pen.font = `${weight} 1000px Measured`;
    return [...letters].map((letter) => Math.ceil(pen.measureText(letter).width));
  });
}"""
HEAD = '''"""How wide the letters of Inter are, in thousandths of the size, by weight, from console.launch.measure_letters."""

from __future__ import annotations

'''


def measured() -> dict[int, list[int]]:
    """Weight -> the widths of LETTERS at a size of 1,000."""
    from playwright.sync_api import sync_playwright  # of the tests: nothing else here needs it

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        font = base64.b64encode(FONT.read_bytes()).decode()
        rows = page.evaluate(MEASURE, [font, WEIGHTS, LETTERS])
        browser.close()
    return dict(zip(WEIGHTS, rows, strict=True))


def written(table: dict[int, list[int]]) -> str:
    """The source of the table, as the formatter would write it."""
    lines = [HEAD, "LETTERS = (\n"]
    for start in range(0, len(LETTERS), 28):
        lines.append(f"    {_quoted(LETTERS[start : start + 28])}\n")
    lines.append(")\n# fmt: off\nWIDTHS: dict[int, tuple[int, ...]] = {\n")
    for weight, widths in table.items():
        lines.append(f"    {weight}: (\n")
        for start in range(0, len(widths), 20):
            lines.append(f"        {', '.join(map(str, widths[start : start + 20]))},\n")
        lines.append("    ),\n")
    return "".join([*lines, "}\n# fmt: on\n"])


def _quoted(letters: str) -> str:
    """As a string of ASCII: a dash among other dashes would not be told apart."""
    return '"' + "".join(_escaped(letter) for letter in letters) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isascii():
        return letter
    return f"\\x{ord(letter):02x}" if ord(letter) < 0x100 else f"\\u{ord(letter):04x}"


if __name__ == "__main__":
    TABLE.write_text(written(measured()))
