"""Small charts of one line: the year of a balance, the units of a feature."""
