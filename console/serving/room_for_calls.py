"""Room for the frames of a page's calls, taken once: the interpreter else takes it piece by piece."""

from __future__ import annotations

from collections.abc import Callable

SLOTS = 40_000
"""Of 8 bytes. The interpreter takes memory for frames in powers of two: 512 KB here, of which 190 are left for what is called,
and a page needs some 50. What is not written to costs nothing."""


def with_room_for_calls[**Arguments, Answer](called: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """The same, and everything it calls keeps its frames in one piece of memory.

    CPython until 3.13.12 and 3.14.3 takes memory for frames in pieces of 16 KB and gives a piece back as soon as the first
    call in it returns (python/cpython issue 142183). Where a template's loop happens to stand at the end of a piece, each of
    its calls takes a piece from the machine and gives it back: 500 page faults, a third of License Information's time, and a
    change anywhere above may move the edge. A frame that claims many slots makes the interpreter take one piece that holds
    all that follows.
    """

    def answer(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        return called(*args, **kwargs)

    answer.__code__ = answer.__code__.replace(co_stacksize=SLOTS)
    return answer
