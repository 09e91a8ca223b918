"""Units that somebody asks for, what another person decides about them, and when a second person is wanted."""
