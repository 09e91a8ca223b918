"""System checks of our own: what no single variable can be blamed for. `manage.py check`, and at every start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from console.doctor.subjects.settings_in_force import dangerous

PRIVATE_CACHES = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
)


@register(Tags.security)
def limits_are_shared(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Attempts to sign in are counted in the cache: each process by itself would allow that many more."""
    if settings.CACHES["default"]["BACKEND"] not in PRIVATE_CACHES:
        return []
    return [
        Error(
            "The default cache is not shared between processes, so limits on attempts do not hold.",
            hint="Use console.security.at_rest.keeping_cache.KeepingCache.",
            id="console.E001",
        )
    ]


@register(Tags.security)
def policy_allows_nothing_inline(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The pages hold no script or style of their own, so the policy need not allow any."""
    policy: Any = settings.SECURE_CSP
    loose = sorted(name for name, sources in policy.items() if any("unsafe-" in source for source in sources))
    if policy and not loose:
        return []
    return [
        Error(
            f"The content security policy is {f'loose in {", ".join(loose)}' if loose else 'empty'}.",
            hint="Move what is inline into a file under static/, and keep SECURE_CSP without 'unsafe-...'.",
            id="console.E002",
        )
    ]


@register(Tags.security)
def practice_stays_practice(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Anybody may buy at the practice marketplace, and pays nothing."""
    if not settings.PRACTICE_MARKETPLACE or settings.DEBUG or settings.DEMO:
        return []
    return [
        Error(
            "PRACTICE_MARKETPLACE is on: anybody can make purchases that nobody pays for.",
            hint="Unset PRACTICE_MARKETPLACE; or, where nothing is real, set DEMO=1.",
            id="console.E003",
        )
    ]


@register(Tags.security, deploy=True)
def demo_stays_at_home(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The demo people's password is public."""
    if not settings.DEMO:
        return []
    return [
        Warning(
            "DEMO is set: people with a public password may be loaded.",
            hint="Unset DEMO wherever strangers can reach the console.",
            id="console.W001",
        )
    ]


@register(Tags.security, deploy=True)
def nothing_dangerous_is_in_force(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What `manage.py doctor` says of the same settings; the demo and the practice marketplace have checks of their own."""
    own = ("settings.demo", "settings.practice-marketplace")
    return [Error(f"{each.what} {each.why}", hint=each.fix, id="console.E005") for each in dangerous() if each.name not in own]
