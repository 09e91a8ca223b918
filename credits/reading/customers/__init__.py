"""What a service provider reads of the companies that it looks after: figures of all of them, by a fixed number of statements."""
