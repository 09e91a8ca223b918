"""Sessions of people: how long one holds, whose are open, and how they end. The session itself is Django's."""
