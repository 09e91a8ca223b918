"""What makes answers light: templates folded as they are loaded, static files served small and kept by browsers."""
