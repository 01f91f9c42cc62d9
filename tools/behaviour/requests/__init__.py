"""What is sent to the service, in groups by subject. Every request has a name of its own."""
