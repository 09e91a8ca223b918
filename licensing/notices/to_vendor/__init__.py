"""Mails to the vendor's own people, of what happens to purchases."""
