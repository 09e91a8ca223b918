"""Company settings: what owners set for their company, and the tenants whose people may join it."""
