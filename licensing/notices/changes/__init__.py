"""What companies are told of single acts: what each changed, in which kind, in which words, and at once."""
