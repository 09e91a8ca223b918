"""What is wrong with marketplaces, worker and mail: notes of failures, trials of the connection, the report."""
