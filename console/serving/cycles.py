"""How often a web process looks for cycles of objects that nothing else refers to."""

from __future__ import annotations

import gc

BETWEEN = (50_000, 20, 20)
"""Allocations until the youngest are looked at, and how often until the older ones. A page makes some ten thousand objects,
hardly any in a cycle; with the interpreter's own numbers a tenth of its time is spent looking."""


def collect_cycles_rarely() -> None:
    """Call it once all modules are loaded: what is there by then stays, and is looked at no more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*BETWEEN)
