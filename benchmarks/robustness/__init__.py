"""What the service endures: too many requests, hours of load, and the most expensive inputs that it accepts."""
