"""What a service provider sees of the companies that it looks after."""
