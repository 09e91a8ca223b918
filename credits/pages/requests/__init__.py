"""Requests for units: asking for them, deciding about them, and when a second person is wanted."""
