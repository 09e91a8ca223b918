"""What the pages load for their looks, cut to what they use: Tabler's stylesheet, whose whole is kept here, compressed.

`tabler` makes the vendored file; `rules` reads and writes CSS; `words_in_use` looks through templates and code.
"""
