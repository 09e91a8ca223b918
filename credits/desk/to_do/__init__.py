"""The queues of the workbench, a thing a row; one thing, with the words by which somebody marked it read."""
