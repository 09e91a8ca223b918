"""Calls find room for their frames, however deep they stand."""

import gc
import resource
from collections.abc import Callable
from typing import cast

import pytest

from console.serving.room_for_calls import with_room_for_calls
from console.web_server.threads import Job, Threads

DEPTHS = 500
"""Frames above the loop: more than fill one of the pieces that the interpreter takes by itself."""


def page_faults(depth: int) -> int:
    """While a loop that stands so deep calls 200 times."""
    if depth:
        return page_faults(depth - 1)
    began = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(200):
        called(None)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - began


def called(nothing: None) -> None:
    return nothing


# Larger than a frame of `page_faults`: at one of the depths it does not fit into what is left of a piece.
called.__code__ = called.__code__.replace(co_stacksize=200)


def most(at: Callable[[int], int]) -> int:
    gc.collect()
    for depth in range(DEPTHS):
        at(depth)
    return max(at(depth) for depth in range(DEPTHS))


def test_no_depth_of_calls_takes_memory_from_the_machine_again_and_again() -> None:
    assert most(with_room_for_calls(page_faults)) < 100


def test_the_threads_that_work_on_requests_have_it() -> None:
    took: list[int] = []

    class Asked:
        def run(self, application: object, interrupt: object) -> None:
            took.append(most(page_faults))

    threads = Threads(lambda environ, begin: [], 1, 1, lambda: lambda: None)
    threads.offer(cast(Job, Asked()))
    threads.stop()
    for thread in threads._threads:
        thread.join()
    assert took[0] < 100


def test_arguments_answers_and_errors_pass_through() -> None:
    def quotient(dividend: int, *, divisor: int) -> float:
        return dividend / divisor

    assert with_room_for_calls(quotient)(6, divisor=3) == 2
    with pytest.raises(ZeroDivisionError):
        with_room_for_calls(quotient)(6, divisor=0)
