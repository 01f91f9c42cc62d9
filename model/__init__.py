"""The lesson: the network, its data, its training and its answers. Knows nothing of HTTP."""
