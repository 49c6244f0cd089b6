# `make demo`, `make check` and `make test` are all you need. The first of them creates .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LOWEST_TORCH ?= 2.11.0

export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help env demo lint check test test-lowest soak audit reproduce-notebook

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

env: $(READY) ## install the pinned versions into .venv

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt 'torch==2.13.0'
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $(READY)

demo: $(READY) ## fine-tune on the sample corpus, evaluate, publish and tag a tweet (a few minutes on two cores)
	$(BIN)/accelerate launch --config_file configs/accelerate/cpu.yaml scripts/finetune.py --config configs/quickstart.yaml
	echo '{"text": "just landed in Berlin with @nina, off to the Nike store :-)"}' | $(BIN)/tweetner tag quickstart-bio

lint: $(READY) ## check style and types with ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint ## lint, and run the fast tests (at most two minutes on two cores)
	$(BIN)/python -m pytest -n 2 -m 'not soak and not slow'

test: lint ## lint, and run all tests but the soak tests
	$(BIN)/python -m pytest -n 2

soak: $(READY) ## run the long tests: a million lines, a gigabyte, killed processes, thousands of examples a property
	$(BIN)/python -m pytest tests/soak -m soak -s
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n 2

test-lowest: ## run the tests with the lowest supported versions, in .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install -q -c constraints-lowest.txt 'torch==$(LOWEST_TORCH)'
	.venv-lowest/bin/pip install -q -c constraints-lowest.txt -e '.[dev]'
	.venv-lowest/bin/python -m pytest -n 2

audit: $(READY) ## look for known vulnerabilities in the pinned versions (needs the network)
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install -q pip-audit
	.venv-audit/bin/pip-audit -r constraints.txt --no-deps --disable-pip

reproduce-notebook: ## reproduce the notebook's SGD scores with its version of scikit-learn (needs TWEETNER_DATA)
	$(PYTHON) -m venv .venv-notebook
	.venv-notebook/bin/pip install -q scikit-learn==1.6.1 numpy==2.0.2 scipy==1.16.3 safetensors pyyaml tokenizers
	PYTHONPATH=. .venv-notebook/bin/python scripts/baseline.py --config configs/sgd.yaml --name sgd-notebook --seeds 11 21 42
