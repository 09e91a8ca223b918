"""A company's audit log: acts, sign-ins of its people, exports, and views by support, as lines by time."""
