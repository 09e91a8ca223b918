"""All orders as a table."""
