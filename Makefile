# The one door. Each target sets up what it needs in .venv, from pinned versions, and does nothing twice.
#
#   make serve PORT=8123          another port
#   make test ARGS="-k strokes"   ARGS go to the command that the target runs
#   make serve PYTHON=python3.13  make .venv with a Python of your own choice (3.11 to 3.14)

# Plain assignments: HOST is a name that shells and conda set for purposes of their own. The command line still wins.
HOST = 127.0.0.1
PORT = 8000
ARGS =
# Modules rather than scripts, because a script names its Python by a path that a moved checkout no longer has.
python := .venv/bin/python
inkling := $(python) -m app.cli
# Ctrl-C reaches make, the shell and Python alike. Python ends with 130 when it has put things in order; that is no error.
until_stopped = trap : INT; $(1) || [ $$? -eq 130 ]
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help serve test check format train fetch bench clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

serve: ## install what the service needs and start it on http://127.0.0.1:8000 (PORT=…, HOST=…)
	@tools/environment.sh
	@$(call until_stopped,$(inkling) serve --host $(HOST) --port $(PORT) $(ARGS))

test: ## get all that the tests need (PyTorch, MNIST, a Chromium, curl) and run them
	@tools/environment.sh train dev
	@$(python) -m tools.browser
	@$(python) -m tools.programs
	@$(inkling) fetch
	@exec $(python) -m tests $(ARGS)

check: ## lint, format and types: ruff and mypy --strict
	@tools/environment.sh train dev
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy

format: ## put the code into shape: what ruff can mend and format
	@tools/environment.sh train dev
	@$(python) -m ruff check --fix
	@$(python) -m ruff format

train: ## train the network on MNIST as the lesson does (ARGS="--epochs 1 --out runs/mine")
	@tools/environment.sh train dev
	@$(call until_stopped,$(inkling) train $(ARGS))

fetch: ## fetch MNIST into data/, verified; nothing if it is there
	@tools/environment.sh train dev
	@exec $(inkling) fetch $(ARGS)

bench: ## measure the service: a class that draws, load, start-up, training (ARGS=class for one part, ARGS=--quick)
	@tools/environment.sh train dev
	@$(call until_stopped,$(python) -m benchmarks $(ARGS))

clean: ## remove .venv and all caches; keep data/ and runs/
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results
	@find app model tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +
