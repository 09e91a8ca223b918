"""What the doctor looks at of the foundation, a module a subject or a few that belong together."""
