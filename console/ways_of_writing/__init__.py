"""How days, instants and numbers are written by default, per language: the admin writes so."""
