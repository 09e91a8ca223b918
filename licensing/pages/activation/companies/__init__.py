"""Which company a purchase may become part of, and what is said where none may."""
