"""Support erases a person who asks for it."""
