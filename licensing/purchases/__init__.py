"""From a purchase at a marketplace to a license, and whatever happens to it later: landing, activating, receiving, following."""
