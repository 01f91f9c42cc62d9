"""Applications with which the service is compared. They may import the package `model`, but not the package `app`."""
