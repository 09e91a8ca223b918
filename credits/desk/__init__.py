"""The workbench: support's own pages, below the admin and in the console's look."""
