"""The one search of the workbench: what it finds, in which order, and in which words."""
