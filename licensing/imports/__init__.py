"""Rows from files: companies, people, orders with licenses, activation codes; what all kinds share, allocations included."""
