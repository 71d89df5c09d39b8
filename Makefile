# Two commands: `make demo` and `make test`. Each sets up .venv from requirements.lock, by version and hash.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
HALVES := $(VENV)/half.1 $(VENV)/half.2

# Packages are compiled after installation, by all cores: not what no test loads, nor what comes with Spark meanwhile.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile
# Otherwise each process of the tests would compile the sources for itself.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint kernels ready spark clean

demo: $(VENV)/ready
	$(BIN)/boilover demo --output out/demo

# As many processes as there are cores, each with one thread: more would wait for each other. Long folders come first.
test: $(VENV)/ready
	$(MAKE) --jobs 2 lint kernels
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --no-loadscope-reorder

lint: $(VENV)/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Kernels are compiled on first use and kept; each process of the tests would compile them for itself.
kernels: $(VENV)/ready
	$(BIN)/boilover score data/samples/zendesk --model models/demo >/dev/null

# 450 MB, without which tests of Spark are skipped. Beside the packages of the lock, none of which it writes.
spark: $(VENV)/pip.lock
	scripts/install_spark $(VENV)

# The pip of the lock comes first: the one that Python 3.11 brings takes a minute more.
$(VENV)/pip.lock: requirements.lock
	$(PYTHON) -m venv $(VENV)
	sed -n '/^pip==/,/[^\\]$$/p' requirements.lock >$(VENV)/lock
	$(INSTALL) --require-hashes --requirement $(VENV)/lock
	mv $(VENV)/lock $@

ready: $(VENV)/ready

$(VENV)/ready: $(VENV)/pip.lock requirements.lock pyproject.toml
	$(MAKE) --jobs 2 $(HALVES:%=%.done)
	rm $(VENV)/half.*
	$(INSTALL) --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q -j 0 -x '/(tests?|pip|databricks|debugpy|fontTools|lexers|mypyc?|_distutils_hack|py4j|pyspark|setuptools)/' $(VENV)/lib
	touch $@

# One pip uses one core.
$(HALVES:%=%.done): %.done: %
	$(INSTALL) --no-deps --require-hashes --requirement $<
	touch $@

$(HALVES): $(VENV)/half.%: requirements.lock
	awk '/^[a-z]/ { half = !half } half == $* % 2' $< >$@

clean:
	rm -rf $(VENV) out build dist
