"""The companies offered below a field in which support names one."""
