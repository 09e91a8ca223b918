"""The catalogue as files: what can be allocated and licensed, and at which rates.

`reference/` holds the catalogue the project ships; `read_catalogue.py` reads a folder of that format, the
vendor's own included. The format is described in docs/catalogue.md.
"""
