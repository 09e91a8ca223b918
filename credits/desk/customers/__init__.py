"""All companies as a table."""
