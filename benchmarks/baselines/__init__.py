"""Applications that the service is compared with. They import FastAPI, the network's package and nothing of app."""
