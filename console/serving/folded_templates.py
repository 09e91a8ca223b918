"""Our templates, folded as they are loaded: what is the same in every answer becomes plain text, once per process.

Icons of a fixed name, addresses of static files and of pages without arguments, sentences without variables: they are a third of
the nodes of a page, and each would be computed anew for every person. The spaces that indent a line go as well. Line numbers
stay, so that an error is told where it stands. Templates of packages, and mails, are loaded as they are.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.template import Origin
from django.template.loaders import filesystem
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext

from console.templatetags.icons import svg

ICON = re.compile(r"""{%\s*include\s+["']includes/icon\.html["']\s+with\s+name=("[\w-]+")(?:\s+class=("[\w -]+"))?\s*%}""")
ICON_BY_NAME = re.compile(
    r"""{%\s*include\s+["']includes/icon\.html["']\s+with\s+name=([^\s"]\S*|"[\w-]+"\|\S+)((?:\s+class=\S+)?)\s*%}"""
)
STATIC = re.compile(r"""{%\s*static\s+(["'])([^"'{}]+)\1\s*%}""")
ADDRESS = re.compile(r"""{%\s*url\s+(["'])([\w:-]+)\1\s*%}""")
SENTENCE = re.compile(r"""{%\s*translate\s+(?:"([^"{}%\\]*)"|'([^'{}%\\]*)')\s*%}""")
SENTENCES = re.compile(r"{%\s*blocktranslate\b([^%\n]*)%}((?:(?!{%).)*){%\s*endblocktranslate\s*%}", re.DOTALL)
INDENT = re.compile(r"\n[ \t]+")
KEEPS_SPACES = re.compile(r"<(?:pre|textarea)\b")


class Loader(filesystem.Loader):
    """Templates of the folders in DIRS, folded."""

    def get_contents(self, origin: Origin) -> str:
        text = super().get_contents(origin)
        return folded(text) if str(origin.name).endswith(".html") else text


def folded(text: str) -> str:
    """The same template with less to do; in as many lines."""
    text = ICON.sub(lambda found: svg(found[1].strip('"'), (found[2] or "").strip('"')), text)
    text = ICON_BY_NAME.sub(lambda found: f"{{% icon {found[1]}{found[2]} %}}", text)
    text = STATIC.sub(lambda found: static(found[2]), text)
    text = ADDRESS.sub(lambda found: reverse(found[2]), text)
    if not settings.USE_I18N:
        text = SENTENCE.sub(lambda found: gettext(found[1] or found[2] or ""), text)
        text = SENTENCES.sub(_told, text)
    return text if KEEPS_SPACES.search(text) else INDENT.sub("\n", text)


def _told(found: re.Match[str]) -> str:
    """A sentence on its one line, and the line ends that it had; its variables as a template names them everywhere."""
    said, body = found[1].split(), found[2]
    if said[:1] == ["trimmed"]:
        said, body = said[1:], " ".join(line.strip() for line in body.strip().splitlines()) + "\n" * found[0].count("\n")
    if not said:
        return body
    if said[0] != "with" or {"count", "context", "asvar", "trimmed"} & set(said):
        return found[0]  # the number decides between two sentences, or the sentence is shown elsewhere
    return f"{{% with {' '.join(said[1:])} %}}{body}{{% endwith %}}"
