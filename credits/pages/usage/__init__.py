"""Units in use beside what is allocated: of all features, of one over time, and as a file to record."""
