"""Support views a company as its people see it: read-only, for 30 minutes, and on the company's own record."""
