"""One act, and all acts of a case, in words."""
