"""What an act of support does, seen before it is done: run, read, and rolled back."""
