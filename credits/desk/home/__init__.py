"""The first page of support: the one search, what is to do, and what was done lately."""
