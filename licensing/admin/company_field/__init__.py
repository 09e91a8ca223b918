"""A company that support names in a form: found by name, business ID or address name, each with its figures of today."""
