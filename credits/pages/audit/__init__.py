"""The audit log of a company, for its owners."""
