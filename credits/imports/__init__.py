"""Allocations from files."""
