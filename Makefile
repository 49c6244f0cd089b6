# Two commands do it all: `make demo` and `make test`. The first call makes the environment in .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LOWEST_TORCH ?= 2.11.0

export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help env demo test test-lowest soak audit reproduce-notebook

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

env: $(READY) ## the environment in .venv, at the pinned versions

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt 'torch==2.13.0'
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $(READY)

demo: $(READY) ## fine-tune on the embedded sample, score, publish, tag a tweet: a few minutes on two cores
	$(BIN)/accelerate launch --config_file configs/accelerate/cpu.yaml scripts/finetune.py --config configs/quickstart.yaml
	echo '{"text": "just landed in Berlin with @nina, off to the Nike store :-)"}' | $(BIN)/tweetner tag quickstart-bio

test: $(READY) ## ruff, mypy and the test suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2

soak: $(READY) ## longer: a million lines, a gigabyte, kills, and the property tests with many examples
	$(BIN)/python -m pytest tests/soak -m soak -s
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n 2

test-lowest: ## the test suite at the lower ends of the version ranges
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install -q -c constraints-lowest.txt 'torch==$(LOWEST_TORCH)'
	.venv-lowest/bin/pip install -q -c constraints-lowest.txt -e '.[dev]'
	.venv-lowest/bin/python -m pytest -n 2

audit: $(READY) ## known vulnerabilities of the pinned versions; needs the network
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install -q pip-audit
	.venv-audit/bin/pip-audit -r constraints.txt --no-deps --disable-pip

reproduce-notebook: ## the notebook's SGD figures to the last digit, with its scikit-learn; needs TWEETNER_DATA
	$(PYTHON) -m venv .venv-notebook
	.venv-notebook/bin/pip install -q scikit-learn==1.6.1 numpy==2.0.2 scipy==1.16.3 safetensors pyyaml tokenizers
	PYTHONPATH=. .venv-notebook/bin/python scripts/baseline.py --config configs/sgd.yaml --name sgd-notebook --seeds 11 21 42
