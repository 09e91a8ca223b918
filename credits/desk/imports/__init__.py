"""Imports of rows from files: choose a kind, give a file, look at what it would do, import it."""
