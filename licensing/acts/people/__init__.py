"""Who belongs to a company with which roles: invited, joined, asked for, left."""
