"""What is kept of a person: given to them as a file, and erased. Applications add theirs as they are there."""
