"""The peers' servers. Each runs in its peer's environment and serves the network as that peer's documentation advises.

They import `model.layers` and each other, and nothing else of the project.
"""

BATCH = 64  # the largest batch, in all peers that batch requests
BATCH_SECONDS = 0.002  # how long they wait for a batch to fill
