"""What support has to look at: a list that a job keeps by the hour, its counts, and what somebody has marked read of it."""
