"""What an installation lives through in years: data carried into a newer PostgreSQL, and proofs of restoring and upgrading."""
