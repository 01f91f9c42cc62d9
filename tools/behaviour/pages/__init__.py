"""Screenshots of the pages, in every state that matters, and their comparison."""
