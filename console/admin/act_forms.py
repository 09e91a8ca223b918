"""A form that calls an act, and the one view that answers it, in two steps: what it does, then doing it.

The form carries the key of the act, made when it is shown: sent twice, it is written once and both answers are the same. It
also carries a fingerprint of what it was shown with: sent after somebody else's change it is refused (409), what holds now is
shown, and the typing is kept. Sent first, its act is run and taken back (`console/admin/preview/`), and its effect is shown; sent
with the fingerprint of that effect, it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin.preview.effect import Effect, reads_effects
from console.admin.preview.run import EffectChanged, NotTicked, do, look
from console.admin.related_tables import Table, page_url
from console.errors import Conflict, DomainError, KeyUsedForSomethingElse
from console.models import Act, Actor, ReasonKind, User, Why
from console.models.why import LONGEST_CASE_NUMBER
from console.people.staff.roles import StaffRole
from console.status_message import StatusMessage, WayOn, tell
from console.templatetags import formats

if TYPE_CHECKING:
    from console.admin.read_only import ReadOnlyAdmin

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)
NEVER, IF_ANY, FOR_THE_PAST, ALWAYS = "never", "if-any", "for-the-past", "always"
FOR_STAFF, FOR_THE_CUSTOMER = ("reason_kind", "reason", "case_number"), ("note",)


class ShownOutdated(Conflict):
    """Somebody else changed what the form was shown with."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody changed this after you opened the form. Nothing was saved. Compare with what holds now, then save again.")
        )


class DayField(forms.DateField):
    """A calendar day; the browser's own control, so that no script is needed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "required": False,
                "widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "vDateField"}),
                "validators": [
                    MinValueValidator(EARLIEST, gettext_lazy("Choose a day after 1989.")),
                    MaxValueValidator(LATEST, gettext_lazy("Choose a day before 2200.")),
                ],
                **kwargs,
            }
        )


class UnitsField(forms.IntegerField):
    """A whole number of units; the act says which numbers it takes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": gettext_lazy("Units"),
                "widget": AdminIntegerFieldWidget(attrs={"step": "1"}),
                "error_messages": {"invalid": gettext_lazy("Enter a whole number of units.")},
                **kwargs,
            }
        )


@dataclass(frozen=True)
class Done:
    """What came of an act: the sentence to show, and the row whose page to show it on, unless the next step is at `url`.

    `on_the_workbench` is the part of the workbench that shows it, where the row's own page there is another one.
    """

    message: str
    row: Any
    url: str = ""
    on_the_workbench: str = ""


class ActForm(forms.Form):
    """The fields of one act on `target`, which is None where the act makes something new.

    Subclasses say `title`, `says`, their fields, and `act`. What fits the facts is for the act to judge: the form only checks
    what was typed, so that a form sent twice still passes after the first time changed the facts.
    """

    title: ClassVar[Any]
    says: ClassVar[Any] = ""
    button: ClassVar[Any] = gettext_lazy("Save")
    asks_reason: ClassVar[str] = FOR_THE_PAST
    note_says: ClassVar[Any] = ""
    """Who reads the note, and where; empty where no page of a company shows one, and none is typed."""
    confirms: ClassVar[Any] = ""
    """What is ticked before the act runs; empty where none is needed."""
    needs: ClassVar[StaffRole] = StaffRole.CUSTOMERS
    one_step: ClassVar[bool] = False
    """Whether it is done at once: its whole effect is a row or a question to a marketplace."""
    cannot_be_undone: ClassVar[Any] = ""
    """What stays of it whatever is done later, in words."""
    is_undone_by: ClassVar[Any] = ""
    """How it is taken back, in words, where that is not by an undo of its act."""
    takes_back: ClassVar[bool] = False
    """Whether it only takes back what was done: nothing is given by it, whatever the reason."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    reason_kind = forms.ChoiceField(
        label=gettext_lazy("Reason"), choices=[("", gettext_lazy("Choose a reason")), *ReasonKind.choices], required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("In words"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy("Only staff read this."),
    )
    case_number = forms.CharField(
        label=gettext_lazy("Case number"),
        max_length=LONGEST_CASE_NUMBER,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=gettext_lazy("Only staff read this."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )
    confirm = forms.BooleanField(required=False)

    finding = ""
    """The field for which what may be chosen is listed, and nothing else is judged."""
    done_before = False
    """Whether the form's key already did it: sent twice."""
    acts_written: Sequence[UUID] = ()
    """The acts that doing it wrote, in their order."""

    def __init__(self, data: Any = None, *, target: Any, **kwargs: Any) -> None:
        self.target = target
        super().__init__(data, **kwargs)
        self.today = self.day_today()
        if self.asks_reason == NEVER:
            for name in FOR_STAFF:
                del self.fields[name]
        else:
            self.fields["reason_kind"].required = self.asks_reason == ALWAYS
            if self.asks_reason == FOR_THE_PAST:
                self.fields["reason_kind"].help_text = _("Needed for a day in the past.")
        if self.note_says:
            self.fields["note"].help_text = self.note_says
        else:
            del self.fields["note"]
        if self.confirms:
            self.fields["confirm"].label = self.confirms
            self.fields["confirm"].required = True
        else:
            del self.fields["confirm"]
        if "on" in self.fields and not self.fields["on"].help_text:
            self.fields["on"].help_text = _("Empty: today, %(day)s for the company.") % {"day": formats.day(self.today)}
        own = [name for name in self.fields if name not in ActForm.base_fields]
        self.order_fields([*own, *FOR_STAFF, *FOR_THE_CUSTOMER, "confirm"])
        self.initial = {"key": uuid4(), "seen": self.state(), **self.initial}

    # --- What a subclass may say

    @classmethod
    def fits(cls, target: Any) -> bool:
        """Whether the object's page offers this form."""
        return True

    def company(self) -> Any:
        """The company whose day it is and in whose journal the act stands; None for acts of no company."""
        return None

    def state(self) -> str:
        """A fingerprint of what the form is shown with; it changes with every change that matters to it."""
        return ""

    def lock(self) -> None:
        """Lock what `state` reads, as the act will: first the order, then the company."""

    def companies(self) -> list[Any]:
        """The companies whose figures the act may change; called of a valid form."""
        found = [self.company(), self.cleaned_data.get("to")]
        return list({each.pk: each for each in found if each is not None}.values())

    def journal(self, key: str) -> tuple[str, str]:
        """Scope and key under which the act writes its row last."""
        company = self.company()
        return f"company:{company.pk}", key

    def instead(self) -> list[tuple[Any, str]]:
        """Other acts that may be meant: (words, address)."""
        return []

    def tables(self) -> list[Table]:
        """What holds now, shown beside the form."""
        return []

    def act(self, *, by: Actor, key: str) -> Done:
        """Call the act with what was typed."""
        raise NotImplementedError

    def beside(self, error: DomainError) -> str:
        """The field the message of a refusal belongs beside, empty for the form as a whole."""
        return error.field

    # --- How it works

    def day_today(self) -> date:
        """The company's calendar day now: the only place an act from the admin gets it from."""
        company, now = self.company(), timezone.now()
        return company.day_of(now) if company is not None else now.astimezone(UTC).date()

    @property
    def said(self) -> dict[str, Any]:
        """What was typed into the form's own fields, with the `reason` (a `Why`) and the `note` if it asks for them."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("key", "seen", "confirm", "reason_kind", "case_number") and name in self.fields
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.asks_reason != NEVER:
            self._take_reason(cleaned)
        return cleaned

    def _take_reason(self, cleaned: dict[str, Any]) -> None:
        """One `reason` of the three fields that staff read; the list is asked for wherever anything is said."""
        kind, words, case = (cleaned.get(name, "") for name in FOR_STAFF)
        on = cleaned.get("on")
        past = self.asks_reason == FOR_THE_PAST and isinstance(on, date) and on < self.today
        if past and not kind:
            self.add_error("reason_kind", _("Choose a reason for a day in the past."))
        elif (words or case) and not kind and "reason_kind" not in self.errors:
            self.add_error("reason_kind", _("Choose the reason that fits best."))
        if kind == ReasonKind.OTHER and not words and "reason" not in self.errors:
            self.add_error("reason", _("Say in words which."))
        if not any(name in self.errors for name in FOR_STAFF):
            cleaned["reason"] = Why(words, kind, case)

    def send(self, *, by: Actor) -> Done:
        """Do it, in one transaction. Raises DomainError, also when the form is older than somebody else's change."""
        key = str(self.cleaned_data["key"])
        with transaction.atomic():
            self.lock()
            scope, last_key = self.journal(key)
            self.done_before = Act.objects.filter(scope=scope, key=by.own_key(last_key)).exists()
            if not self.done_before and self.cleaned_data["seen"] != self.state():
                raise ShownOutdated
            return self.act(by=by, key=key)

    def only_find(self, field: str) -> None:
        """Show what was typed, without judging it, and what may be chosen in `field`."""
        self.finding = field
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def refuse(self, error: DomainError) -> None:
        """Show a refusal beside its field, and what holds now."""
        field = self.beside(error)
        self.add_error(field if field in self.fields else None, str(error))
        shown_again = QueryDict(mutable=True)
        shown_again.update(self.data)  # every value of a field, where it has several
        shown_again.setlist("seen", [self.state()])
        if isinstance(error, KeyUsedForSomethingElse):
            shown_again.setlist("key", [str(uuid4())])
        self.data = shown_again


def groups_of(form: ActForm) -> list[tuple[Any, list[Any]]]:
    """The form's own fields, what staff read, what the customer reads, and what is ticked last."""
    fields = {field.name: field for field in form.visible_fields()}
    apart = [*FOR_STAFF, *FOR_THE_CUSTOMER, "confirm"]
    groups = [
        ("", [name for name in fields if name not in apart]),
        (_("Only staff read this"), [name for name in FOR_STAFF if name in fields]),
        (_("The customer reads this"), [name for name in FOR_THE_CUSTOMER if name in fields]),
        ("", [name for name in fields if name == "confirm"]),
    ]
    return [(title, [fields[name] for name in names]) for title, names in groups if names]


def answer(admin: ReadOnlyAdmin, request: HttpRequest, form_class: type[ActForm], target: Any) -> HttpResponse:
    """Show the form, show what it does, or do it: 422, 403 or 409 with the message beside its field, else on to the page.

    The first POST is answered 200 with the effect; the second carries its fingerprint as `previewed`, and where something is
    unusual `ticked`: without that 422. A press of Find is answered 200 with what may be chosen.
    """
    status, effect = 200, None
    if request.method == "POST":
        form = form_class(request.POST, target=target)
        status = 422
        if find := request.POST.get("find"):
            form.only_find(find)
            status = 200
        elif form.is_valid():
            assert isinstance(request.user, User)
            try:
                done, effect = _pressed(request, form, Actor.person(request.user))
                status = 200
            except (EffectChanged, NotTicked) as shown_again:
                effect, status = shown_again.effect, shown_again.status
                form.add_error(None, str(shown_again))
            except DomainError as error:
                form.refuse(error)
                status = error.status
            else:
                if done is not None:
                    return _on_after(request, form, done)
    else:
        form = form_class(target=target)
    opts = admin.opts
    list_url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    context = {
        "title": form.title,
        "form": form,
        "groups": groups_of(form),
        "instead": form.instead(),
        "effect": effect,
        "tables": [] if effect else form.tables(),
        "target": target,
        "back_url": page_url(target) if target is not None else list_url,
        "back": str(target) if target is not None else str(opts.verbose_name_plural).capitalize(),
        **(reads_effects.reader.frame(form) if reads_effects.reader else {}),
    }
    return TemplateResponse(request, "desk/act_form.html", context, status=status)


def _on_after(request: HttpRequest, form: ActForm, done: Done) -> HttpResponse:
    """To the next step; else to where support works on what was changed, with a way to the act; else to the row's page.

    Never to an address that the request names.
    """
    page, act_page = reads_effects.reader.way_on(done.row, form.acts_written) if reads_effects.reader else ("", "")
    if address := done.on_the_workbench or (not done.url and page):
        way_on = WayOn(_("Open the act"), act_page) if act_page else None
        tell(request, StatusMessage(_("Done"), done.message, way_on))
        return HttpResponseRedirect(address)
    messages.success(request, done.message)
    return HttpResponseRedirect(done.url or page_url(done.row))


def _pressed(request: HttpRequest, form: ActForm, by: Actor) -> tuple[Done | None, Effect | None]:
    """What came of a valid form: done, or the effect to show."""
    if form.one_step:
        return form.send(by=by), None
    as_shown = request.POST.get("previewed", "")
    if as_shown:
        return do(form, by=by, as_shown=as_shown, ticked=bool(request.POST.get("ticked"))), None
    done, effect = look(form, by=by)
    return (done, None) if form.done_before else (None, effect)
