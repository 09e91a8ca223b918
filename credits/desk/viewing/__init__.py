"""View as the customer: support opens a company's pages read-only, and gives the reason first."""
