"""What an answer other than success means, by the kind of call."""

from __future__ import annotations

from collections.abc import Mapping

from django.views.decorators.debug import sensitive_variables

from licensing.marketplaces.azure.transport import Answer, error_detail
from licensing.marketplaces.contract import MarketplaceError, Problem

OF_TOKEN = {400: Problem.TOKEN, 404: Problem.TOKEN, 409: Problem.CONFLICT, 422: Problem.TOKEN}


OF_READING = {404: Problem.NOT_FOUND}


OF_LISTING = {404: Problem.NOT_FOUND}


OF_CHANGE = {404: Problem.NOT_FOUND, 409: Problem.CONFLICT}
"""What a status means, by the kind of call. Any other refusal is REFUSED."""


@sensitive_variables("secrets")
def refusal(answer: Answer, meanings: Mapping[int, Problem], secrets: tuple[str, ...]) -> MarketplaceError:
    """What an answer other than success means; `meanings` are those of the kind of call."""
    detail = error_detail(answer.body, secrets)
    retry_after = None
    if answer.status in (401, 403):
        problem = Problem.CONFIGURATION
    elif answer.status in (408, 429) or answer.status >= 500:
        problem, retry_after = Problem.UNAVAILABLE, answer.retry_after
    elif answer.status < 400:
        problem, detail = Problem.UNREADABLE, "The marketplace answered with a redirect, which is not followed."
    else:
        problem = meanings.get(answer.status, Problem.REFUSED)
    return MarketplaceError(
        problem,
        detail or f"The marketplace answered {answer.status}.",
        status=answer.status,
        retry_after=retry_after,
        request_id=answer.request_id,
        correlation_id=answer.correlation_id,
    )
