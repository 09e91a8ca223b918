"""What an act of support does to the books: figures, licenses, what is kept in use, notices, and what is unusual."""
