"""The answer to `?format=`: a table of the page as a file, recorded before its first byte is sent.

    if wants_export(request):
        return export_of(request, sheet)            # or several: `&sheet=` names one, the first is the page's own

The page's own address with `format` added is its export, so that day, instant and filters are those of the screen, and the view
builds its sheets from the rows that it would show. What a person may see they may export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import copy_context
from datetime import UTC
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _

from console.database_roles.looking_only import recorded_meanwhile
from console.errors import DomainError
from console.exports.addresses import FORMATS, NO_FILTER
from console.exports.as_csv import as_csv
from console.exports.as_json import as_json
from console.exports.as_xlsx import as_xlsx
from console.exports.page_recorded import page_recorded
from console.exports.sheet import About, Sheet
from console.models import Export, User

type Asked = Sheet | Callable[[], Sheet]
"""A sheet, or what makes it: only the one that is asked for is made."""


class NoSuchExport(DomainError):
    """The address asks for a format or a sheet that there is none of."""

    status = 400


def wants_export(request: HttpRequest) -> bool:
    """Whether the address asks for a file. Raises NoSuchExport for a format that there is none of. Free."""
    wanted = request.GET.get("format")
    if wanted is None:
        return False
    if wanted not in FORMATS:
        raise NoSuchExport(
            _("“%(format)s” is no format of an export. Write format=csv, format=xlsx or format=json.") % {"format": wanted[:40]}
        )
    return True


def export_of(request: HttpRequest, own: Asked, **others: Asked) -> HttpResponse:
    """The sheet that `&sheet=` names among `others`, else the page's `own`, in the format asked for. One INSERT, no lock.

    CSV and JSON are streamed as the rows are read, a workbook once it is whole. Raises NoSuchExport.
    """
    name = request.GET.get("sheet", "")
    if name and name not in others:
        made = own() if callable(own) else own
        if name != made.name:
            said = {"sheet": name[:40], "sheets": ", ".join([made.name, *others])}
            raise NoSuchExport(_("This page has no table “%(sheet)s”. It has: %(sheets)s.") % said)
        own = made
    wanted: Asked = others.get(name, own)
    sheet = wanted() if callable(wanted) else wanted
    return exported(request, sheet, request.GET["format"])


def exported(request: HttpRequest, sheet: Sheet, written: str) -> HttpResponse:
    """The sheet as a file of a format of FORMATS: for a form that names it otherwise than by its address. One INSERT, no lock."""
    about = about_of(request)
    if request.method != "HEAD":
        _record(request, sheet, about, written)
    kind = FORMATS[written].content_type
    response: Any
    if written == "xlsx":
        response = FileResponse(as_xlsx(sheet, about), content_type=kind)
    else:
        chunks = (as_csv if written == "csv" else as_json)(sheet, about)
        response = StreamingHttpResponse(_in_hand_as_now(chunks), content_type=kind)
    response.headers["Content-Disposition"] = content_disposition_header(True, _file_name(sheet, about, written)) or "attachment"
    return response


def about_of(request: Any) -> About:
    """What the page shows, from what its view left on the request. Free."""
    company, as_of = getattr(request, "company", None), getattr(request, "as_of", None)
    kept = [(name, value) for name, values in request.GET.lists() if name not in NO_FILTER for value in values if value]
    return About(
        page=request.path,
        computed_at=getattr(request, "figures_of", None) or timezone.now(),
        zone_at=company.zone_at if company else lambda _instant: UTC,
        company=company.name if company else "",
        company_slug=company.slug if company else "",
        day=as_of.day if as_of else None,
        known_at=as_of.known_at if as_of else None,
        filters=tuple(kept),
    )


def _record(request: HttpRequest, sheet: Sheet, about: About, written: str) -> None:
    company = getattr(request, "company", None)
    company_id = company.pk if company else sheet.company_id
    note_export(request, sheet=sheet.name, written=written, rows=sheet.number_of_rows, company_id=company_id)


def note_export(request: HttpRequest, *, sheet: str, written: str, rows: int, company_id: int | None = None) -> None:
    """The record of a file that is about to be sent. One INSERT, no lock."""
    assert isinstance(request.user, User)
    with recorded_meanwhile():
        Export.objects.create(
            company_id=company_id,
            person=request.user,
            page=page_recorded(request),
            sheet=sheet,
            format=written,
            rows=rows,
            exported_at=timezone.now(),
        )


def _file_name(sheet: Sheet, about: About, written: str) -> str:
    """ "aster-features-2026-11-20.csv"; with the instant as known, and a word where filters narrow it."""
    parts = [about.company_slug, slugify(sheet.file_name or sheet.name), str(about.day or "")]
    if about.known_at:
        parts.append(f"known-{about.told(about.known_at):%Y%m%dT%H%M%S}")
    if about.filters:
        parts.append("filtered")
    return f"{'-'.join(part for part in parts if part)}.{written}"


def _in_hand_as_now(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, each read with the company in hand that is now: the server asks for them after the view has returned."""
    now = copy_context()
    return iter(lambda: now.run(next, chunks, b""), b"")
