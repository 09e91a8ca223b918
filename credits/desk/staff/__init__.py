"""Who is staff, and what they may do."""
