"""What a service provider's owners and its customers' owners say about who of the provider may look."""
