"""The requests that are recorded, grouped by subject. Every request has a unique name."""
