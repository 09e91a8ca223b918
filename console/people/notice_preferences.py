"""How notices reach a person: the act that records their choice, and the page under their own settings."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.company_in_hand import as_act
from console.errors import DomainError
from console.models import Act, Actor, User


@as_act
def choose_notices(person: User, *, told: str, by: Actor, key: str) -> None:
    """From now on notices reach `person` so, in all their companies. What is under way stays as it is."""
    act = Act.begin("person.choose-notices", scope=f"user:{person.pk}", key=key, by=by, stated={"told": told})
    if act.done:
        return
    User.objects.filter(pk=person.pk).update(told=told)
    act.finish()


class ChoiceForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    told = forms.ChoiceField(
        label=gettext_lazy("How notices reach you"),
        choices=User.Told.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "The daily mail leaves at 08:00 in the time zone of your company; of several, where it is 08:00 first."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def notices_choice(request: HttpRequest) -> HttpResponse:
    """The choice. It concerns the person alone, so it needs no company and no role."""
    person: Any = request.user
    if request.method != "POST":
        form = ChoiceForm(initial={"told": person.told, "key": uuid4()})
        return render(request, "account/notices.html", {"form": form})
    form = ChoiceForm(request.POST)
    if form.is_valid():
        try:
            told, key = form.cleaned_data["told"], str(form.cleaned_data["key"])
            choose_notices(person, told=told, by=Actor.person(person), key=key)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved: notices reach you %(how)s.") % {"how": _in_a_sentence(told)})
            return redirect("account_notices")
    return render(request, "account/notices.html", {"form": form}, status=422)


def _in_a_sentence(told: str) -> str:
    label = str(User.Told(told).label)
    return label[:1].lower() + label[1:]
