"""`{% filter our_words %}…{% endfilter %}`: what a page of django-allauth says, in our words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import conditional_escape

from console.people.words_of_account_pages import our_words as ours

register = template.Library()


@register.filter
def our_words(said: Any) -> Any:
    """Markup and what is not listed stay as they are."""
    found = ours(str(said))
    return said if found == str(said) else conditional_escape(found)
