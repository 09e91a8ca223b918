"""Telling what was found: for people, grouped, a line each with the fix below; for machines as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from console.doctor.examination import Examined, of_wrong_settings
from console.doctor.findings import Finding, Severity

MARKS = {Severity.WRONG: "WRONG", Severity.WARN: "warn "}


def as_text(examined: list[Examined]) -> str:
    """The worst of each subject first; a subject without findings is not named. What was not looked at comes last."""
    lines: list[str] = []
    for each in examined:
        lines += ["", each.title] if each.findings else []
        for finding in sorted(each.findings, key=lambda finding: finding.severity is not Severity.WRONG):
            lines.append(f"  {MARKS[finding.severity]}  {finding.what}")
            lines.append(f"         {finding.why}")
            lines += _fix(finding)
    reasons = dict.fromkeys(each.not_looked_at for each in examined if each.not_looked_at)
    for reason in reasons:
        lines += ["", f"Not looked at, since {reason}:"]
        lines.append(f"  {', '.join(each.title for each in examined if each.not_looked_at == reason)}")
    return "\n".join([*lines[1:], *([""] if lines else []), summary(examined)])


def _fix(finding: Finding) -> Iterator[str]:
    for number, line in enumerate(finding.fix.splitlines()):
        yield f"         {'fix: ' if not number else '     '}{line}"


def summary(examined: list[Examined]) -> str:
    found = [finding for each in examined for finding in each.findings]
    wrong = number_wrong(examined)
    skipped = sum(1 for each in examined if each.not_looked_at)
    looked = f"{len(examined) - skipped} of {len(examined)} subjects looked at"
    if not found:
        return f"Nothing deviates; {looked}." if not skipped else f"Nothing was found, but only {looked}."
    return f"{wrong} wrong, {len(found) - wrong} to look at; {looked}."


def number_wrong(examined: Iterable[Examined]) -> int:
    return sum(finding.severity is Severity.WRONG for each in examined for finding in each.findings)


def succeeds(examined: list[Examined]) -> bool:
    """Nothing is wrong, and everything was looked at."""
    return not number_wrong(examined) and not any(each.not_looked_at for each in examined)


def tell_of_wrong_settings(told: Iterable[tuple[str, str]], *, as_json: bool) -> str:
    """What is told where the settings do not load, and no command can run."""
    examined = of_wrong_settings(list(told))
    return to_json(examined) if as_json else as_text(examined)


def to_json(examined: list[Examined]) -> str:
    return json.dumps(
        {
            "wrong": number_wrong(examined),
            "warn": sum(len(each.findings) for each in examined) - number_wrong(examined),
            "subjects": [
                {"title": each.title, "not_looked_at": each.not_looked_at, "findings": [asdict(one) for one in each.findings]}
                for each in examined
            ],
        },
        indent=2,
    )
