"""Folded templates say what they said before, line by line, with less to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine
from django.template.loader import get_template

from console.serving.folded_templates import folded
from console.templatetags.icons import svg

ROOT = Path(__file__).resolve().parents[3]
LIBRARIES = {"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"}
PLAIN = Engine(
    dirs=[ROOT / "templates"],
    libraries=LIBRARIES,
    builtins=["django.templatetags.i18n", "django.templatetags.static", "console.templatetags.icons"],
)


def shown(text: str, **values: Any) -> str:
    """As a browser reads it: spaces between and within elements are one."""
    text = PLAIN.from_string(text).render(Context(values))
    return re.sub(r"\s*([<>])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


@pytest.mark.parametrize(
    ("text", "tags_left"),
    [
        ('{% include "includes/icon.html" with name="bell" %}', 0),
        ('{% include "includes/icon.html" with name="bell" class="icon-sm user-text" %}', 0),
        ('{% include "includes/icon.html" with name=name %}', 1),
        ('{% include "includes/icon.html" with name=each.icon|default:"home" class="icon-sm" %}', 1),
        ('{% include "includes/icon.html" with name="list-search"|lower %}', 1),
        ("<link href=\"{% static 'img/icons.svg' %}\">", 0),
        ('<p title="{% translate \'Main\' %}">{% translate "Don’t & do" %}</p>', 0),
        ("{% blocktranslate trimmed %}\n  One line\n  and another.\n{% endblocktranslate %}", 0),
        ("{% blocktranslate trimmed %}\n  {{ name }} is\n it.\n{% endblocktranslate %}", 1),
        ("{% blocktranslate with day=name|upper other=each.icon %}As of {{ day }}, {{ other }}: 5%.{% endblocktranslate %}", 4),
        ("{% blocktranslate trimmed count n=number %}\n{{ n }} unread{% plural %}{{ n }} of them{% endblocktranslate %}", 5),
        ("{% blocktranslate asvar said %}{{ name }}.{% endblocktranslate %}{{ said }}", 4),
        ('{% translate "50%% of it" %}', 1),
        ('{% translate "Main" as main %}{{ main }}', 2),
        ("<ul>\n    {% if name %}\n    <li>{{ name }}</li>\n    {% endif %}\n</ul>", 3),
    ],
)
def test_what_is_folded_shows_the_same_in_as_many_lines(text: str, tags_left: int) -> None:
    after = folded(text)
    assert len(re.findall(r"{%|{{", after)) == tags_left
    assert after.count("\n") == text.count("\n")
    values = {"name": "moon & <stars>", "each": {"icon": "sun"}, "number": 2}
    assert shown(after, **values) == shown(text, **values)


def test_spaces_that_are_shown_stay() -> None:
    for text in ("<pre>\n  one\n</pre>", "<textarea>\n  one</textarea>"):
        assert folded(text) == text
    assert folded("<ul>\n    <li>") == "<ul>\n<li>"


def test_our_templates_are_loaded_folded_and_those_of_packages_as_they_are() -> None:
    ours = get_template("includes/theme_switch.html").template.source  # type: ignore[attr-defined]
    assert str(svg("moon", "theme-moon")) in ours
    assert "{% include" not in ours
    theirs = get_template("admin/login.html").template  # type: ignore[attr-defined]
    assert theirs.source == Path(theirs.origin.name).read_text()
    mail = get_template("mail/notice.txt").template  # type: ignore[attr-defined]
    assert mail.source == Path(mail.origin.name).read_text()


def test_an_icon_says_nothing_to_a_screen_reader_and_its_name_is_escaped() -> None:
    assert 'aria-hidden="true"' in svg("bell")
    assert "<b>" not in svg("<b>")
