"""How long sessions hold, and from which day staff need a second factor, as the environment says."""

from __future__ import annotations

from datetime import date

from console.settings_from_environment import Environment

FROM_THE_FIRST_DAY = date.min


def session_hours(env: Environment) -> tuple[int, int, int, int]:
    """Hours without use after which a session ends: usually, where somebody asked to stay signed in, of staff; staff's in all."""
    idle = env.number("SESSION_IDLE_HOURS", 12, lowest=1, highest=336)
    kept = env.number("SESSION_KEPT_IDLE_HOURS", 168, lowest=1, highest=336)
    staff = env.number("STAFF_SESSION_IDLE_HOURS", 2, lowest=1, highest=24)
    return idle, kept, staff, env.number("STAFF_SESSION_HOURS", 12, lowest=1, highest=24)


def day_of_staff_factor(env: Environment) -> date | None:
    """The day named, else the first one: a new installation has no staff who would have to be waited for."""
    said = env.text("STAFF_FACTOR_FROM")
    if not said:
        return FROM_THE_FIRST_DAY
    try:
        return date.fromisoformat(said)
    except ValueError:
        env.wrong("STAFF_FACTOR_FROM", f'"{said}" is not a day', fix="Write it as 2027-01-31, or unset it: from the first day")
        return FROM_THE_FIRST_DAY
