"""Takes screenshots of the pages in many states, and compares two sets of screenshots."""
