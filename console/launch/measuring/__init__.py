"""Measuring the pages in a process of their own (`bench`), and in a browser (`lighthouse`); and taking their `pictures`."""
