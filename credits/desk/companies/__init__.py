"""One company, as support sees it."""
