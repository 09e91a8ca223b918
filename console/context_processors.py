"""What every page knows: the company in hand, where one can go, the day shown, whom to turn to."""

from typing import Any

from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, Any]:
    return {}
