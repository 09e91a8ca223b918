"""Names in the order in which people look for them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(4096)  # a page sorts the same names as the one before
def in_order_of_names(name: str) -> tuple[str, str]:
    """A key to sort names by: small and capital letters alike, "É" beside "E"; the name itself decides between equals.

    The database compares by code points, which puts all capitals first and accented letters last.
    """
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each)), name
