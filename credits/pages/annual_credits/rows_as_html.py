"""The rows of All available features as HTML. Joined here: a page has fifty rows, ten times as long in a template.

Whatever people wrote goes through `escape`; slugs, numbers and what this file writes itself do not need to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.templatetags.formats import credits as written
from credits.pages.annual_credits.feature_rows import FeatureTableRow, PlanShown


@dataclass(frozen=True)
class HowRowsAreShown:
    """What all rows have in common."""

    described: bool
    """Whether a row tells its feature's description and unit at once."""
    withdraw_url: Callable[[object], str]
    """Where a plan of a feature is withdrawn, by the feature's slug."""
    hidden_fields: str
    """The token of a form that posts, as HTML."""
    just_saved: str
    """The slug of the feature that this answer has saved; empty for a page."""
    support: str
    """Where support is reached; empty where there is none."""
    explained: Callable[[object], str]
    """Where a figure is explained, by its name."""


def form_token(request: HttpRequest) -> str:
    """What every form that posts has, written once for all rows."""
    return render_to_string("includes/form_token.html", {"csrf_token": get_token(request), "user": request.user})


def rows_as_html(rows: Iterable[FeatureTableRow], shown: HowRowsAreShown) -> SafeString:
    return SafeString("\n".join(_row(row, shown) for row in rows))


def _row(row: FeatureTableRow, shown: HowRowsAreShown) -> str:
    requirement = escape(row.requirement)
    unit = f"\n<small>{escape(row.requirement_unit)}</small>"
    if row.credits is None:
        figures = (
            f'<td class="end cell-units">{_where_use_is_seen(row, shown)}</td>'
            f'<td class="end cell-requirement">{requirement}{unit}</td>'
            f'<td class="end cell-credits quiet">{escape(_("Metered"))}</td>'
        )
    else:
        figures = (
            f'<td class="end cell-units">{escape(row.units_label or _("None"))}</td>'
            f'<td class="end cell-requirement">{requirement}{unit if shown.described or not row.units_label else ""}</td>'
            '<td class="end cell-credits" data-figure="feature-credits">'
            f'<a class="explains" href="{shown.explained(f"feature-credits.{row.slug}")}">'
            f'<data value="{row.credits}">{written(row.credits)}</data></a></td>'
        )
    plans = "".join(_plan(row, plan, shown) for plan in row.plans)
    saved = " data-just-saved" if row.slug == shown.just_saved else ""
    return (
        f'<tr data-feature="{row.slug}" data-status="{row.status}"{saved}><th scope="row">{_name(row, shown)}</th>{figures}'
        f'<td class="cell-state"><span class="state">{escape(row.status_label)}</span>\n{plans}</td>'
        f'<td class="end cell-action">{_action(row)}</td></tr>'
    )


def _name(row: FeatureTableRow, shown: HowRowsAreShown) -> str:
    name, description = escape(row.name), escape(row.description)
    if shown.described:
        return f'<span class="row-title">{name}</span>\n<span class="row-note">{description}</span>'
    told = f"{description}." if description else ""
    return f"<details><summary>{name}</summary>{told}\n{escape(row.requirement)} {escape(row.requirement_unit)}.</details>"


def _where_use_is_seen(row: FeatureTableRow, shown: HowRowsAreShown) -> str:
    """Where the use of a feature that is billed by use can be seen."""
    if row.action:
        words = escape(_("Use and cost: in its app"))
    elif shown.support:
        ask = f'<a href="{escape(shown.support)}">{escape(_("Ask support where"))}</a>'
        words = f"{escape(_('Use and cost: in the feature’s own app.'))}\n{ask}"
    else:
        words = escape(_("Use and cost: in the feature’s own app"))
    return f'<span class="row-note">{words}</span>'


def _plan(row: FeatureTableRow, plan: PlanShown, shown: HowRowsAreShown) -> str:
    """What is planned for a later day, and a cross that withdraws it."""
    text = escape(plan.text)
    if not plan.key:
        return f'<span class="plan-mark">{_icon("clock")}\n{text}</span>'
    url = shown.withdraw_url(row.slug)
    return (
        f'<form class="plan-mark" method="post" action="{url}" hx-post="{url}" data-plan-of="{row.slug}">{_icon("clock")}\n'
        f'{text}\n{shown.hidden_fields}<input type="hidden" name="key" value="{plan.key}">'
        f'<input type="hidden" name="line" value="{plan.line}"><input type="hidden" name="on" value="{plan.on}">'
        f'<button type="submit" title="{escape(_("Withdraw this plan"))}"'
        f' aria-label="{escape(_("Withdraw"))}: {escape(row.name)}, {text}">{_icon("x")}</button></form>'
    )


def _icon(name: str) -> str:
    return f'<svg class="icon" aria-hidden="true"><use href="{static("img/icons.svg")}#{name}"></use></svg>'


def _action(row: FeatureTableRow) -> str:
    if row.action is None:
        return ""
    url, label = escape(row.action.url), escape(row.action.label)
    leads = 'rel="noopener"' if row.action.kind == "go-to-app" else f'hx-get="{url}"'
    return (
        f'<a class="btn-quiet" id="action-{row.slug}" href="{url}" {leads} aria-label="{label}: {escape(row.name)}">{label}</a>'
    )
