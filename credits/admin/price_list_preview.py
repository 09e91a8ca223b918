"""Staff look at what a price list would change before it is loaded, and at how far the last one is.

A zip of the six files is uploaded, read and forgotten; nothing is written. Loading is for the command, which has the folder.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError, Refused
from console.exports.addresses import FORMATS
from console.exports.export_of import export_of, exported, wants_export
from console.exports.sheet import Sheet, day, instant, number, text
from credits.catalogue.files_and_rows import FILES, Catalogue, CatalogueError
from credits.catalogue.read_catalogue import read_catalogue
from credits.models import PriceListRun
from credits.reading.price_lists.preview import CompanyWouldChange, PriceListPreview, RenewalWorth, preview_price_list
from licensing.reading.rates_with_versions import price_list_versions

LARGEST_FILE = 5_000_000
"""Bytes of one file of a catalogue, unpacked."""
ROWS_SHOWN = 200


class PreviewForm(forms.Form):
    archive = forms.FileField(
        label=gettext_lazy("Catalogue"), help_text=gettext_lazy("The six CSV files of docs/catalogue.md, in one zip file.")
    )
    correction = forms.BooleanField(
        label=gettext_lazy("It corrects rates that are listed already"),
        required=False,
        help_text=gettext_lazy("As load_catalogue --correction: what is allocated from their day on is re-priced."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def price_list_preview(request: HttpRequest) -> HttpResponse:
    form = PreviewForm(request.POST or None, request.FILES or None)
    more: dict[str, Any] = {}
    status = 200
    if request.method == "POST" and not form.is_valid():
        status = 422
    elif request.method == "POST":
        try:
            found = preview_price_list(read_archive(form.cleaned_data["archive"]), correction=form.cleaned_data["correction"])
        except CatalogueError as error:
            for problem in error.problems:
                form.add_error("archive", str(problem))
            status = 422
        except DomainError as error:
            form.add_error("archive", str(error))
            status = 422
        else:
            if (written := request.POST.get("format")) in FORMATS:
                return exported(request, preview_sheet(found), str(written))
            more = {"found": look_through(found)}
    versions = list(price_list_versions().values())[::-1]
    if wants_export(request):
        return export_of(request, versions_sheet(versions))
    context = {
        **admin.site.each_context(request),
        "title": _("Price lists"),
        "form": form,
        "run": PriceListRun.objects.filter(under_way=True).first(),
        "versions": versions[:20],
        **more,
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/support/price_lists.html", context, status=status)


def read_archive(upload: UploadedFile[Any]) -> Catalogue:
    """The catalogue in a zip file, whatever folder its files lie in. Raises CatalogueError or Refused with what is wrong."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(upload) as archive:
                for each in archive.infolist():
                    file = PurePosixPath(each.filename).name  # never a path out of the folder
                    if file not in FILES or each.is_dir():
                        continue
                    with archive.open(each) as packed:
                        content = packed.read(LARGEST_FILE + 1)
                    if len(content) > LARGEST_FILE:
                        raise Refused(_("%(file)s is larger than 5 MB. Look what it holds.") % {"file": file})
                    (folder / file).write_bytes(content)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
            unread = _("This is no zip file that can be read (%(error)s). Pack the six CSV files anew.") % {"error": error}
            raise Refused(unread) from error
        return read_catalogue(folder)


@dataclass
class Shown:
    """What a price list would change, as far as a page shows it; the numbers are of all."""

    companies: list[CompanyWouldChange] = field(default_factory=list)
    below_zero: list[CompanyWouldChange] = field(default_factory=list)
    renewals: list[tuple[CompanyWouldChange, RenewalWorth]] = field(default_factory=list)
    number_of_companies: int = 0
    number_below_zero: int = 0
    number_of_renewals: int = 0
    renewals_unchanged: int = 0

    @property
    def shows_all(self) -> bool:
        """Whether no row was left out; renewals that come to the same are only counted."""
        return max(self.number_of_companies, self.number_below_zero, self.number_of_renewals) <= ROWS_SHOWN


def look_through(found: PriceListPreview) -> Shown:
    shown = Shown()
    for company in found.companies():
        if company.features:
            shown.number_of_companies += 1
            shown.companies += [company] * (shown.number_of_companies <= ROWS_SHOWN)
        if company.below_zero:
            shown.number_below_zero += 1
            shown.below_zero += [company] * (shown.number_below_zero <= ROWS_SHOWN)
        for renewal in company.renewals:
            if not renewal.changes:
                shown.renewals_unchanged += 1
                continue
            shown.number_of_renewals += 1
            shown.renewals += [(company, renewal)] * (shown.number_of_renewals <= ROWS_SHOWN)
    return shown


def preview_sheet(found: PriceListPreview) -> Sheet:
    """Every row there is: what changes of allocations, who goes below zero, and what each renewal comes to."""
    return Sheet(
        "price-list-preview",
        _("Price list preview"),
        (
            text("kind", _("Kind")),
            text("company", _("Company")),
            text("address", _("Address")),
            text("what", _("What")),
            day("day", _("Day")),
            number("change", _("Change")),
            number("credits_today", _("Credits today")),
            number("by_former", _("By the former list")),
            number("by_this", _("By this list")),
        ),
        [
            (kind, company.name, company.slug, what, *more)
            for company in found.companies()
            for kind, what, *more in _rows(company)
        ],
    )


def _rows(company: CompanyWouldChange) -> Iterator[tuple[Any, ...]]:
    for feature in company.features:
        for on, change in feature.changes:
            yield "allocation", feature.name, on, change, None, None, None
    if company.below_zero:
        yield "below zero", "balance", company.below_zero.day, company.below_zero.balance, None, None, None
    for each in company.renewals:
        yield "renewal", f"license {each.license_id}, {each.product}", each.on, None, each.credits, each.by_former, each.by_this


def versions_sheet(versions: list[Any]) -> Sheet:
    """Every price list that was loaded, the latest first."""
    return Sheet(
        "versions",
        _("Price lists"),
        (
            number("number", _("Number")),
            text("label", _("Label")),
            instant("loaded_at", _("Loaded")),
            day("valid_from", _("First day of its rates")),
            text("digest", _("Digest")),
        ),
        [(each.number, each.label or None, each.recorded_at, each.valid_from, each.digest or None) for each in versions],
    )
