"""What a company's owners set for it: statements that hold from a day, tenants whose people may join, and who asked to."""
