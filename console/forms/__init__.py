"""What forms have in common."""
