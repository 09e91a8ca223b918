"""What an act of support does to the books: figures before and after, licenses, what is kept in use, notices, and what is unusual."""
