"""The people of a company: for owners, who run them; for members, their own roles; for the invited, the page of their link."""
