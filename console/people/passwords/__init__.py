"""What passwords may be, beyond Django's own rules."""
