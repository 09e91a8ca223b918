"""What owners set for their company. What was before and what holds now stands in each act's result."""
