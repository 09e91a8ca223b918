"""What passwords may be, beyond Django's own rules; and how one is reset by mail."""
