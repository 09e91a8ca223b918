"""What lies in the database so that nobody who reads a copy of it can use it, and how it is brought under a new key."""
