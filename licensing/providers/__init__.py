"""People of a service provider look at the pages of its customers: one level down, read-only, and on the customer's record."""
