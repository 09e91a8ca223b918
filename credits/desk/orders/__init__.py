"""One order: its state, its past, and the acts that fit it."""
