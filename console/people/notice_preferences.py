"""How notices reach a person, each kind in its own way if they like: the act that records it, and the page in their settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from console.company_in_hand import as_act
from console.errors import DomainError, Refused
from console.forms.key_form import refuse
from console.models import Act, Actor, User
from console.people.kinds_to_choose import KindToChoose, kinds_to_choose
from console.status_message import StatusMessage, tell


@as_act
def choose_notices(person: User, *, told: str, by: Actor, key: str, told_of: Mapping[str, str] | None = None) -> None:
    """From now on notices reach `person` so, in all their companies. What is under way stays as it is.

    `told_of` names the kinds that reach them in a way of their own, with that way; all others reach them as `told` says. Left
    out, those stay as they are. Raises Refused for a kind or a way that is none, and where a kind that asks for something to be
    done is to be off.
    """
    stated = {"told": told, **({} if told_of is None else {"told_of": dict(told_of)})}
    act = Act.begin("person.choose-notices", scope=f"user:{person.pk}", key=key, by=by, stated=stated)
    if act.done:
        return
    if told_of is not None:
        _require_ways(told_of)
    chosen = {} if told_of is None else {"told_of": dict(told_of)}
    User.objects.filter(pk=person.pk).update(told=told, **chosen)
    act.finish()


def _require_ways(told_of: Mapping[str, str]) -> None:
    kinds = {kind.name: kind for kind in kinds_to_choose()}
    for name, way in told_of.items():
        if name not in kinds or way not in (*User.Told.values, User.OFF):
            raise Refused(_("Choose one of the ways that are offered."))
        if way == User.OFF and not kinds[name].may_be_off:
            raise Refused(_("“%(kind)s” asks for something to be done and cannot be off.") % {"kind": kinds[name].label})


AS_THE_OTHERS = ""
"""The way of a kind for which nothing of its own was chosen."""

WAYS = [
    (AS_THE_OTHERS, gettext_lazy("As above")),
    (User.Told.AT_ONCE.value, gettext_lazy("At once")),
    (User.Told.DIGEST.value, gettext_lazy("Once a day")),
    (User.Told.CONSOLE.value, gettext_lazy("Console only")),
    (User.OFF, gettext_lazy("Off")),
]


class ChoiceForm(forms.Form):
    """`told`, and for each kind a field `kind-…`."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    told = forms.ChoiceField(
        label=gettext_lazy("How notices reach you"),
        choices=User.Told.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "The daily mail leaves at 08:00 in the time zone of your company; of several, where it is 08:00 first."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in kinds_to_choose():
            ways = [(way, label) for way, label in WAYS if way != User.OFF or kind.may_be_off]
            self.fields[_field(kind)] = forms.ChoiceField(
                label=kind.label, choices=ways, required=False, widget=forms.RadioSelect
            )

    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The table by who is told, in words: for each kind its label, and for each way its button or None."""
        found: dict[str, list[dict[str, Any]]] = {}
        for kind in kinds_to_choose():
            field = self[_field(kind)]
            buttons = {button.data["value"]: button for button in field}
            cells = [{"way": label, "button": buttons.get(way)} for way, label in WAYS]
            found.setdefault(kind.told_to(), []).append({"label": kind.label, "field": field, "cells": cells})
        return list(found.items())

    def told_of(self) -> dict[str, str]:
        """What was chosen for single kinds: name -> way."""
        chosen = {kind.name: self.cleaned_data[_field(kind)] for kind in kinds_to_choose()}
        return {name: way for name, way in chosen.items() if way != AS_THE_OTHERS}


def own_ways(person: User) -> list[tuple[str, str]]:
    """(kind, way) in words, for each kind that reaches a person in a way of its own."""
    labels = {way: str(label) for way, label in WAYS}
    chosen = ((kind, person.told_of.get(kind.name)) for kind in kinds_to_choose())
    return [(str(kind.label), labels[way]) for kind, way in chosen if way in labels]


def _field(kind: KindToChoose) -> str:
    return f"kind-{kind.name}"


@require_http_methods(["GET", "HEAD", "POST"])
def notices_choice(request: HttpRequest) -> HttpResponse:
    """The choice. It concerns the person alone, so it needs no company and no role."""
    person: Any = request.user
    if request.method != "POST":
        chosen = {_field(kind): person.told_of.get(kind.name, AS_THE_OTHERS) for kind in kinds_to_choose()}
        return _page(request, ChoiceForm(initial={"told": person.told, "key": uuid4(), **chosen}))
    form = ChoiceForm(request.POST)
    if form.is_valid():
        try:
            told, told_of, key = form.cleaned_data["told"], form.told_of(), str(form.cleaned_data["key"])
            choose_notices(person, told=told, told_of=told_of, by=Actor.person(person), key=key)
        except DomainError as error:
            refuse(form, error, beside="")
        else:
            tell(request, StatusMessage(_("Saved"), _saved(told, len(told_of))))
            return redirect("account_notices")
    return _page(request, form, status=422)


def _page(request: HttpRequest, form: ChoiceForm, status: int = 200) -> HttpResponse:
    ways = [label for _way, label in WAYS]
    return render(request, "account/notices.html", {"form": form, "ways": ways}, status=status)


def _saved(told: str, others: int) -> str:
    words = _("notices reach you %(how)s.") % {"how": _in_a_sentence(told)}
    if not others:
        return words
    some = ngettext("%(number)s kind has a way of its own.", "%(number)s kinds have ways of their own.", others)
    return f"{words} {some % {'number': others}}"


def _in_a_sentence(told: str) -> str:
    label = str(User.Told(told).label)
    return label[:1].lower() + label[1:]
