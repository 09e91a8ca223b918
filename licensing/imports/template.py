"""The file to begin with: a head, one line as an example; in XLSX a second sheet says what belongs into each column."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

from django.utils.translation import gettext as _
from openpyxl import Workbook

from licensing.imports.kind import Kind


def template_csv(kind: Kind) -> bytes:
    written = StringIO()
    csv.writer(written).writerows([[each.name for each in kind.columns], [each.example for each in kind.columns]])
    return written.getvalue().encode("utf-8-sig")


def template_xlsx(kind: Kind) -> bytes:
    book = Workbook(write_only=True)
    rows = book.create_sheet("Rows")
    rows.append([each.name for each in kind.columns])
    rows.append([each.example or None for each in kind.columns])
    about = book.create_sheet("Columns")
    about.append([_("Column"), _("Needed"), _("What belongs into it")])
    for each in kind.columns:
        about.append([each.name, _("yes") if each.needed else _("no"), str(each.says)])
    file = BytesIO()
    book.save(file)
    return file.getvalue()
