"""A spreadsheet attached to a mail: it waits in the mail's text, behind a form feed, which no text that people type can hold.

So what a mail said and what it carried are kept, shown to staff and forgotten together.
"""

from __future__ import annotations

FORM_FEED = "\f"
"""Before what is attached, whose first line is the name of its file."""


def with_spreadsheet(text: str, *, name: str, rows: str) -> str:
    """The text of a mail that carries `rows`, a spreadsheet as CSV, as a file of this name."""
    return f"{text}\n{FORM_FEED}{name}\n{rows}"


def text_and_spreadsheet(text: str) -> tuple[str, str, str]:
    """The text to read, the name of the file, and its rows; both empty where nothing is attached."""
    words, _mark, file = text.partition(FORM_FEED)
    name, _line, rows = file.partition("\n")
    return words, name, rows
