"""A company's audit log: acts, sign-ins of its people, exports, views by support and pages seen by a provider, as lines."""
