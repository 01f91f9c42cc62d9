"""Applications that the service is compared with. They import FastAPI, the network's own packages and nothing of app."""
