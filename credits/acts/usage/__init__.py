"""What is observed of units in use; it changes no credits."""
