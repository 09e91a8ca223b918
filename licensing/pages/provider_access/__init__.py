"""Between a service provider and its customers: who may look, said by the owners on both sides."""
