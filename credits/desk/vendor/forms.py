"""The forms of the page: each states some texts, by what they are about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.vendor.raster_logo import MOST_BYTES
from console.vendor.to_tell import EVENTS
from credits.models import Feature
from licensing.models import MarketplacePlan

LINES = {"class": "form-control", "rows": 3, "spellcheck": "false"}


def _line() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"})


def _text(label: Any, hint: Any = "", **kwargs: Any) -> forms.CharField:
    kwargs.setdefault("required", False)
    return forms.CharField(label=label, help_text=hint, max_length=500, widget=_line(), **kwargs)


class OwnForm(forms.Form):
    """One part of the page. `about` says what each field states; a field without it is no statement."""

    about: dict[str, str] = {}
    key = forms.CharField(widget=forms.HiddenInput(attrs={"id": False}), initial=uuid4, max_length=60)

    def texts(self) -> dict[str, str]:
        return {about: self.cleaned_data[name] or "" for name, about in self.about.items()}

    def field_of(self, about: str) -> str | None:
        return next((name for name, each in self.about.items() if each == about), None)

    @classmethod
    def showing(cls, stated: dict[str, str], **kwargs: Any) -> Any:
        form = cls(**kwargs)
        form.initial = {name: stated.get(about, "") for name, about in form.about.items()} | {"key": uuid4()}
        return form


class NameForm(OwnForm):
    about = {"name": "name"}
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        required=False,
        widget=_line(),
        help_text=gettext_lazy("In the place of “Allotment”: beside the mark, in titles, and as the sender of mails."),
    )


class LogoForm(OwnForm):
    about: dict[str, str] = {}
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"class": "form-control", "accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy("PNG, JPEG or WebP of at most 512 kB; shown up to 36 px high, on light and on dark ground."),
    )

    def upload(self) -> bytes | None:
        """What was chosen; no more of it than may be taken, and a byte."""
        chosen = self.cleaned_data["logo"]
        return None if chosen is None else chosen.read(MOST_BYTES + 1)


class ColorsForm(OwnForm):
    about = {"light": "accent-light", "dark": "accent-dark"}
    light = _text(
        gettext_lazy("Accent in the light theme"), gettext_lazy("Such as #0f6a55. At least 4.5 : 1 on every light ground.")
    )
    dark = _text(
        gettext_lazy("Accent in the dark theme"), gettext_lazy("Such as #3fc2a3. At least 4.5 : 1 on every dark ground.")
    )


class ContactsForm(OwnForm):
    about = {"sales": "sales", "support": "support"}
    sales = _text(gettext_lazy("Sales"), gettext_lazy("An e-mail address, or the address of a page."))
    support = _text(gettext_lazy("Support"), gettext_lazy("An e-mail address, or the address of a page."))


class AppsForm(OwnForm):
    """One address that all are made with, and one a line for features that are elsewhere."""

    about = {"apps": "apps"}
    apps = _text(
        gettext_lazy("All apps"),
        gettext_lazy("With {feature} where the name of the feature comes: https://apps.example.com/{feature}/"),
    )
    others = forms.CharField(
        label=gettext_lazy("Apps that are elsewhere"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={**LINES, "rows": 5}),
        help_text=gettext_lazy("A line each: the name of the feature in addresses, a space, the address of its app."),
    )

    def clean_others(self) -> dict[str, str]:
        known = set(Feature.objects.values_list("slug", flat=True))
        found: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["others"].splitlines(), 1):
            slug, _space, address = line.strip().partition(" ")
            if not slug:
                continue
            if slug not in known or not address.strip():
                raise forms.ValidationError(
                    _("Line %(number)s: there is no feature “%(slug)s”, or no address behind it.")
                    % {"number": number, "slug": slug}
                )
            found[slug] = address.strip()
        return found

    def field_of(self, about: str) -> str | None:
        return "others" if about.startswith("app:") else super().field_of(about)

    def texts_and_former(self, stated: Iterable[str]) -> dict[str, str]:
        """With the features that are no longer named taken back."""
        former = {about: "" for about in stated if about.startswith("app:")}
        return {**self.texts(), **former, **{f"app:{slug}": address for slug, address in self.cleaned_data["others"].items()}}


class ToldForm(OwnForm):
    """Addresses for each event: of all plans, or of one."""

    about: dict[str, str] = {}
    plan = forms.ChoiceField(label=gettext_lazy("Offer and plan"), required=False, widget=forms.HiddenInput(attrs={"id": False}))

    def __init__(self, *args: Any, plan: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = {event: f"tell:{event}@{plan}" if plan else f"tell:{event}" for event in EVENTS}
        self.fields["plan"].choices = [("", _("All plans")), *plans()]  # type: ignore[attr-defined]
        self.fields["plan"].initial = plan
        for event, label in EVENTS.items():
            self.fields[event] = forms.CharField(
                label=label, required=False, max_length=4_000, widget=forms.Textarea(attrs={**LINES, "rows": 2})
            )


class TestMailForm(OwnForm):
    to = forms.EmailField(
        label=gettext_lazy("Send a test mail to"), widget=forms.EmailInput(attrs={"class": "form-control"}), max_length=254
    )


def plans() -> list[tuple[str, str]]:
    """Plans of marketplaces that are sold here, by their addresses in statements. One statement."""
    rows = MarketplacePlan.objects.select_related("product").order_by("channel", "offer_id", "plan_id")
    return [
        (f"{row.channel}/{row.offer_id}/{row.plan_id}", f"{row.offer_id} / {row.plan_id}: {row.product.name}") for row in rows
    ]


class MailTextForm(OwnForm):
    """The texts of one kind of mail, shown as shipped where none is stated."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False, widget=_line())
    body = forms.CharField(
        label=gettext_lazy("Text"), max_length=8_000, required=False, widget=forms.Textarea(attrs={**LINES, "rows": 18})
    )

    def __init__(self, *args: Any, kind: str, has_subject: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = {"body": f"mail:{kind}:body"}
        if has_subject:
            self.about["subject"] = f"mail:{kind}:subject"
        else:
            del self.fields["subject"]
