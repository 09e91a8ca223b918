"""What a service provider states about the companies that it looks after; nothing of theirs changes by it."""
