"""What the vendor calls its own, on one page: a form for each part, and what is set where nothing is stated.

Every member of staff looks; who manages staff states. A text taken out goes back to the setting, or to what is shipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.admin.of_staff import of_staff, staff_person
from console.errors import DomainError
from console.forms.key_form import refuse
from console.models import Act, Actor, OutgoingMail
from console.people.staff.roles import StaffRole, may
from console.status_message import StatusMessage, tell
from console.vendor import colors, held, mail_texts
from console.vendor.raster_logo import raster_of
from credits.desk.frame import desk_page
from credits.desk.vendor.former import former_statements
from credits.desk.vendor.forms import (
    AppsForm,
    ColorsForm,
    ContactsForm,
    LogoForm,
    MailTextForm,
    NameForm,
    OwnForm,
    TestMailForm,
    ToldForm,
    plans,
)
from licensing.acts.vendor.state_own import state_own
from licensing.notices.to_vendor.mails import mail_to_try

PARTS: dict[str, type[OwnForm]] = {
    "name": NameForm,
    "logo": LogoForm,
    "colors": ColorsForm,
    "contacts": ContactsForm,
    "apps": AppsForm,
    "told": ToldForm,
    "test": TestMailForm,
}
TESTED = "vendor_mail_tested"
"""In the session: the id of the last test mail."""


@of_staff(StaffRole.LOOKS, to_post=StaffRole.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def vendor(request: HttpRequest) -> HttpResponse:
    """`?plan=` chooses whose addresses are shown. A post names its `part`; `undo` states the former text of an act again."""
    if request.method != "POST":
        return _shown(request)
    part = request.POST.get("part", "")
    if part == "undo":
        return _undo(request)
    if part not in PARTS:
        raise Http404
    form = _form(part, request)
    if not form.is_valid():
        return _shown(request, {part: form}, status=422)
    try:
        if isinstance(form, TestMailForm):
            mail = mail_to_try(form.cleaned_data["to"])
            request.session[TESTED] = mail.pk
            tell(request, StatusMessage(_("Queued"), _("the test mail. What became of it stands beside the button.")))
            return redirect(reverse("desk:vendor") + "#test")
        changed = _state(request, form)
    except DomainError as error:
        status = refuse(form, error, beside=form.field_of(error.field) or error.field)
        return _shown(request, {part: form}, status=status)
    _say(request, changed)
    plan = form.cleaned_data.get("plan", "")
    return redirect(reverse("desk:vendor", query={"plan": plan} if plan else None) + f"#{part}")


def _form(part: str, request: HttpRequest) -> OwnForm:
    if part == "told":
        return ToldForm(request.POST, plan=_plan(request.POST.get("plan", "")))
    return PARTS[part](request.POST, request.FILES)


def _plan(name: str) -> str:
    return name if name in dict(plans()) else ""


def _state(request: HttpRequest, form: OwnForm) -> list[str]:
    """Call the act. Raises DomainError."""
    by, key = Actor.person(staff_person(request)), form.cleaned_data["key"]
    if isinstance(form, LogoForm):
        upload = form.upload()
        if upload is None:
            return state_own({"logo": ""}, by=by, key=key)
        return state_own({}, logo=raster_of(upload), by=by, key=key)
    texts = form.texts_and_former(held.stated_now()) if isinstance(form, AppsForm) else form.texts()
    return state_own(texts, by=by, key=key)


def _say(request: HttpRequest, changed: list[str]) -> None:
    held.forget()
    if changed:
        tell(request, StatusMessage(_("Saved"), _("all pages and mails follow within some seconds.")))
    else:
        tell(request, StatusMessage(_("Nothing to save"), _("it is stated already.")))


def _undo(request: HttpRequest) -> HttpResponse:
    """State what held before an act; what was stated since of the same things goes as well."""
    act = Act.objects.filter(name="vendor.state", pk=request.POST.get("act", "")).first() if _is_id(request) else None
    if act is None:
        raise Http404
    try:
        changed = state_own(act.result["before"], by=Actor.person(staff_person(request)), key=f"undo:{uuid4()}")
    except DomainError as error:
        tell(request, StatusMessage(_("Not undone"), str(error), refused=True))
    else:
        _say(request, changed)
    return redirect(reverse("desk:vendor") + "#former")


def _is_id(request: HttpRequest) -> bool:
    return len(request.POST.get("act", "").replace("-", "")) == 32 and request.POST["act"].replace("-", "").isalnum()


def _shown(request: HttpRequest, sent: dict[str, OwnForm] | None = None, status: int = 200) -> HttpResponse:
    held.forget()
    own, stated = held.vendors_own(), held.stated_now()
    plan = _plan((request.POST if request.method == "POST" else request.GET).get("plan", ""))
    told = sum(1 for about in stated if about.startswith("tell:"))
    shown: dict[str, Callable[[], OwnForm]] = {
        "name": lambda: NameForm.showing(stated),
        "logo": lambda: LogoForm.showing(stated),
        "colors": lambda: ColorsForm.showing(stated),
        "contacts": lambda: ContactsForm.showing(stated),
        "apps": lambda: _apps(stated),
        "told": lambda: ToldForm.showing(stated, plan=plan),
        "test": lambda: TestMailForm(initial={"key": uuid4(), "to": staff_person(request).email}),
    }
    context: dict[str, Any] = {
        "forms": {part: (sent or {}).get(part) or made() for part, made in shown.items()},
        "own": own,
        "may_state": may(staff_person(request), StaffRole.STAFF),
        "set": {
            "name": settings.VENDOR_NAME or held.PRODUCT,
            "light": settings.VENDOR_ACCENT_LIGHT or colors.SHIPPED_LIGHT,
            "dark": settings.VENDOR_ACCENT_DARK or colors.SHIPPED_DARK,
            "sales": settings.SALES_CONTACT,
            "support": settings.SUPPORT_CONTACT,
            "apps": settings.VENDOR_APPS_URL,
        },
        "stated": {about.replace("-", "_"): text for about, text in stated.items() if ":" not in about},
        "measured": _measured(own),
        "plan": plan,
        "plans": plans(),
        "told": told,
        "texts": [_row_of(each, stated) for each in mail_texts.offered()],
        "tested": OutgoingMail.objects.filter(pk=request.session.get(TESTED, 0)).first(),
        "former": former_statements(),
    }
    return desk_page(request, "desk/vendor.html", context, section="vendor", status=status)


def _apps(stated: dict[str, str]) -> OwnForm:
    form: OwnForm = AppsForm.showing(stated)
    others = sorted((about, text) for about, text in stated.items() if about.startswith("app:"))
    form.initial["others"] = "\n".join(f"{about.removeprefix('app:')} {text}" for about, text in others)
    return form


def _measured(own: held.VendorsOwn) -> dict[str, str]:
    light = own.accent.light if own.accent else colors.SHIPPED_LIGHT
    dark = own.accent.dark if own.accent else colors.SHIPPED_DARK
    return {"light": f"{colors.measured(light, 'light'):.2f}", "dark": f"{colors.measured(dark, 'dark'):.2f}"}


def _row_of(text: mail_texts.MailText, stated: dict[str, str]) -> dict[str, Any]:
    own = any(f"mail:{text.kind}:{part}" in stated for part in ("subject", "body"))
    return {"text": text, "own": own, "url": reverse("desk:vendor-mail", args=[text.kind])}


@of_staff(StaffRole.LOOKS, to_post=StaffRole.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def mail_text(request: HttpRequest, kind: str) -> HttpResponse:
    """One kind of mail: `preview` shows the texts with made-up data and writes nothing, `reset` goes back to the shipped ones."""
    text = mail_texts.shipped(kind)
    if text is None:
        raise Http404
    stated = held.stated_now()
    has = bool(text.subject)
    if request.method != "POST":
        form = MailTextForm(initial={"key": uuid4(), **_texts_of(text, stated)}, kind=kind, has_subject=has)
        return _text_shown(request, text, form, stated)
    form = MailTextForm(request.POST, kind=kind, has_subject=has)
    if not form.is_valid():
        return _text_shown(request, text, form, stated, status=422)
    wanted = _wanted(text, form, reset="reset" in request.POST, stated=stated)
    for about, said in wanted.items():
        part = about.rpartition(":")[2]
        if wrong := mail_texts.what_is_wrong(text, part, said) if said else "":
            form.add_error(part, wrong)
    if form.errors:
        return _text_shown(request, text, form, stated, status=422)
    if "preview" in request.POST:
        return _text_shown(request, text, form, stated)
    try:
        changed = state_own(wanted, by=Actor.person(staff_person(request)), key=form.cleaned_data["key"])
    except DomainError as error:
        return _text_shown(request, text, form, stated, status=refuse(form, error, beside=form.field_of(error.field) or ""))
    _say(request, changed)
    return redirect("desk:vendor-mail", kind)


def _above(text: mail_texts.MailText, part: str, stated: dict[str, str]) -> str:
    """What holds where the kind itself states nothing."""
    return stated.get(f"mail:{text.part_of}:{part}", "") or str(getattr(text, part))


def _texts_of(text: mail_texts.MailText, stated: dict[str, str]) -> dict[str, str]:
    return {part: stated.get(f"mail:{text.kind}:{part}", "") or _above(text, part, stated) for part in ("subject", "body")}


def _wanted(text: mail_texts.MailText, form: MailTextForm, *, reset: bool, stated: dict[str, str]) -> dict[str, str]:
    """What is stated by the form: a text that is the one that would hold anyway is taken back, so that it follows that one."""
    said = {about: "" if reset else said.replace("\r\n", "\n").strip() for about, said in form.texts().items()}
    return {about: "" if each == _above(text, about.rpartition(":")[2], stated).strip() else each for about, each in said.items()}


def _text_shown(
    request: HttpRequest, text: mail_texts.MailText, form: MailTextForm, stated: dict[str, str], status: int = 200
) -> HttpResponse:
    said = {name: str(form[name].value() or "").replace("\r\n", "\n") for name in ("subject", "body") if name in form.fields}
    examples = {**text.examples, "vendor": held.vendors_own().name}
    context = {
        "text": text,
        "form": form,
        "own": any(f"mail:{text.kind}:{part}" in stated for part in ("subject", "body")),
        "may_state": may(staff_person(request), StaffRole.STAFF),
        "placeholders": [(f"{{{name}}}", value) for name, value in examples.items()],
        "preview": {name: mail_texts.filled(each, examples) for name, each in said.items()},
    }
    return desk_page(request, "desk/vendor_mail.html", context, section="vendor", status=status)
