"""What support did that concerns a company and changes nothing of it."""
