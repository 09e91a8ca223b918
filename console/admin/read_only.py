"""What is read in the admin and never edited there: the base of nearly all its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property

from console.admin.act_forms import ActForm, answer
from console.admin.exports import changelist_sheet
from console.admin.related_tables import Table
from console.exports.export_of import exported, wants_export
from console.people.staff.roles import may
from console.templatetags import formats

NOTHING = "–"


def _writer(field: models.Field[Any, Any]) -> Callable[[Any], str]:
    @admin.display(description=field.verbose_name, ordering=field.name)
    def written(row: Any) -> str:
        value = getattr(row, field.attname)
        if value is None:
            return NOTHING
        match value:
            case Decimal():
                return formats.rate(value)
            case datetime():  # in UTC: one page may tell of companies in several zones
                return formats.moment_in_words(value)
            case date():
                return formats.day(value)
        return formats.credits(value)

    written.__name__ = field.name  # the style of its column goes by it
    return written


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looked up and read here; changed by the acts that the page offers, and by nothing else.

    `acts` are the forms offered on an object's page, by the name in their address; `add_act` is the form behind Add. `tables`
    read what belongs to the object, one statement each. `note` says where the rows come from.
    """

    acts: ClassVar[dict[str, type[ActForm]]] = {}
    add_act: ClassVar[type[ActForm] | None] = None
    tables: ClassVar[list[Callable[[Any], Table]]] = []
    links: ClassVar[list[Callable[[HttpRequest, Any], tuple[str, str] | None]]] = []
    note: Any = ""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "admin/support/change_form.html"
    change_list_template = "admin/support/change_list.html"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Its own, so that what one class is offered does not appear on all.
        cls.acts, cls.tables, cls.links = dict(cls.acts), list(cls.tables), list(cls.links)

    @classmethod
    def offer(cls, name: str, form: type[ActForm]) -> None:
        """Offer an act of another app on these pages: that app knows this one, not the reverse."""
        cls.acts[name] = form

    @classmethod
    def show(cls, *tables: Callable[[Any], Table]) -> None:
        """Show tables of another app on these pages."""
        cls.tables += tables

    @classmethod
    def link(cls, link: Callable[[HttpRequest, Any], tuple[str, str] | None]) -> None:
        """Show a link (text, address) on these pages; None leaves it out."""
        cls.links.append(link)

    # --- Who may

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_act is not None and self.may_act(request, self.add_act)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_act(self, request: HttpRequest, form: type[ActForm] | None = None) -> bool:
        """Whether the person has the role that the act needs, or without an act the one that acts on the model need."""
        if form is None:
            return super().has_change_permission(request)
        return may(request.user, form.needs)  # type: ignore[arg-type]  # staff are signed in

    # --- Pages

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Not the list alone: an object's page names the same related rows.
        related = self.list_select_related
        queryset = super().get_queryset(request)
        return queryset.select_related(*related) if isinstance(related, list | tuple) else queryset

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # All columns, those that no form could edit included: when a fact was recorded is part of it.
        fields = self.fields or [field.name for field in self.opts.concrete_fields if not field.primary_key]
        return [tuple(map(self._written, each)) if isinstance(each, list | tuple) else self._written(each) for each in fields]

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._written(each) for each in super().get_list_display(request)]

    def _written(self, name: Any) -> Any:
        """The column `name`, or, where it holds numbers or days, what writes them as everywhere else: 90,000, Nov 20, 2026."""
        return self._columns.get(name, name) if isinstance(name, str) else name

    @cached_property
    def _columns(self) -> dict[str, Callable[[Any], str]]:
        """What writes each column of numbers, days and instants. Ids and choices are no numbers."""
        return {
            field.name: _writer(field)
            for field in self.opts.concrete_fields
            if isinstance(field, models.IntegerField | models.DecimalField | models.DateField)
            and not (field.primary_key or field.choices or field.name.endswith("_id"))
        }

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [
            path("<str:pk>/acts/<slug:act>/", self.admin_site.admin_view(self.act_view), name=name),
            *super().get_urls(),
        ]

    def act_url(self, obj: Any, name: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_act", args=[obj.pk, name])

    def act_view(self, request: HttpRequest, pk: str, act: str) -> HttpResponse:
        """The form of one act on one object."""
        form_class = self.acts.get(act)
        if form_class is None:
            raise Http404
        if not self.may_act(request, form_class):
            raise PermissionDenied
        target = self.get_object(request, pk)
        if target is None:
            raise Http404
        return answer(self, request, form_class, target)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        assert self.add_act is not None
        return answer(self, request, self.add_act, None)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if wants_export(request):
            return self.export(request)
        try:
            return super().changelist_view(request, {"note": self.note, **(extra_context or {})})
        except OverflowError:  # a year in the address that no calendar has
            return HttpResponseRedirect(request.path)

    def export(self, request: HttpRequest) -> HttpResponse:
        """The list as its address asks for it, as a file."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        asked = request.GET.copy()
        written = str(asked.pop("format")[-1])
        request.GET = asked  # type: ignore[assignment]  # what is left narrows the list
        return exported(request, changelist_sheet(self, request, list(super().get_list_display(request))), written)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = context["original"]
        context["note"] = self.note
        if obj is not None:
            context["links"] = [found for each in self.links if (found := each(request, obj))]
            context["tables"] = [each(obj) for each in self.tables]
            offered = [(name, form) for name, form in self.acts.items() if self.may_act(request, form) and form.fits(obj)]
            if offered:
                context["acts"] = [(form.title, self.act_url(obj, name)) for name, form in offered]
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history of a fact is the journal, not the log Django keeps of its own forms."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return HttpResponseRedirect(self.journal_url(obj))

    def journal_url(self, obj: Any) -> str:
        """Where the journal tells how this object came to be: its act, else the acts of its company."""
        if getattr(obj, "act_id", None):
            return reverse("admin:console_act_change", args=[obj.act_id])
        filters = {"company_id__exact": obj.company_id} if getattr(obj, "company_id", None) else {}
        url = reverse("admin:console_act_changelist")
        return f"{url}?{urlencode(filters)}" if filters else url
