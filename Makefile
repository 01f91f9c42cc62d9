# The commands of the project. A target first installs the packages that it needs into .venv, unless they are there.
#
#   make serve PORT=8123          use another port
#   make test ARGS="-k strokes"   pass options to the command that the target runs
#   make serve PYTHON=python3.13  create .venv with this Python (3.11 to 3.14)

# These variables ignore the environment, because shells and conda set HOST for other purposes. Values on the command
# line of make still override them.
HOST = 127.0.0.1
PORT = 8000
ARGS =
# Run modules instead of the scripts in .venv/bin: a script contains the absolute path of .venv's Python, and this path
# becomes wrong when the checkout is moved.
python := .venv/bin/python
inkling := $(python) -m inkling
# Ctrl-C reaches make, the shell and Python. Python cleans up and ends with status 130, which make must not report as an
# error.
allow_ctrl_c = trap : INT; $(1) || [ $$? -eq 130 ]
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help serve test cluster layout check format train fetch bench bench-peers soak fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

serve: ## start the service on http://127.0.0.1:8000 (PORT=…, HOST=…)
	@tools/environment.sh
	@$(call allow_ctrl_c,$(inkling) serve --host $(HOST) --port $(PORT) $(ARGS))

test: ## install what the tests need (PyTorch, MNIST, browsers, servers) and run them (ARGS="-k strokes")
	@tools/environment.sh train cluster dev
	@$(python) -m tools.browser
	@$(python) -m tools.other_browsers
	@$(python) -m tools.install_programs
	@$(python) -m tests.support.markup_checker
	@$(python) -m tools.uvicorn_tests
	@$(inkling) fetch
	@exec $(python) -m tests $(ARGS)

cluster: ## test a cluster of three nodes: lost replicas and nodes, updates, scaling (ARGS="-k lost")
	@tools/environment.sh train cluster dev
	@exec $(python) -m pytest -m cluster tests/app/cluster $(ARGS)

layout: ## look for overlaps, cut-off text and small targets in every state of every page, in nine windows
	@tools/environment.sh train dev
	@$(python) -m tools.browser
	@exec $(python) -m tests.support.layout $(ARGS)

check: ## lint, format and types: ruff and mypy --strict
	@tools/environment.sh train cluster dev
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy

format: ## fix and format the code with ruff
	@tools/environment.sh train dev
	@$(python) -m ruff check --fix
	@$(python) -m ruff format

train: ## train the network on MNIST as the lesson does (ARGS="--epochs 1 --out runs/mine")
	@tools/environment.sh train
	@$(call allow_ctrl_c,$(inkling) train $(ARGS))

fetch: ## download MNIST to data/ if it is not there, and verify it
	@tools/environment.sh
	@exec $(inkling) fetch $(ARGS)

bench: ## measure the service: a class of students, load, start-up, training (ARGS=class for one part)
	@tools/environment.sh train dev
	@$(call allow_ctrl_c,$(python) -m benchmarks $(ARGS))

bench-peers: ## compare the service with other ways to serve the network: benchmarks/RESULTS.md (ARGS="--only gradio")
	@tools/environment.sh train dev
	@$(call allow_ctrl_c,$(python) -m benchmarks.peers $(ARGS))

soak: ## ten minutes at 80 % load: memory, errors, latencies and their graph (ARGS="--seconds 20")
	@tools/environment.sh train dev
	@$(call allow_ctrl_c,$(python) -m benchmarks.robustness.soak $(ARGS))

fuzz: ## look for input that crashes the readers of images, drawings and weights (ARGS="weights --seconds 20")
	@tools/environment.sh train dev
	@$(call allow_ctrl_c,$(python) -m tests.fuzz $(ARGS))

clean: ## remove .venv, .peers and all caches; keep data/ and runs/
	@rm -rf .venv .peers .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results
	@find app model tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +
