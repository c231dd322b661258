# The two commands of the README are `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
export BORDERWIRE_SHARED ?= ../shared

.PHONY: env demo test test-fast test-slow cluster-test image-test scale growth lint eval eval-modern eval-folds statement-errors bench-statements replay eval-feeds hostile hostile-records bench-hostile stream bench bench-start bench-poll bench-deliver bench-page pictures chaos soak upgrade-test ports cost state lock clean

env: .venv/ready

# Compiled here: where Python may not write bytecode (PYTHONDONTWRITEBYTECODE), each process would compile our modules.
.venv/ready: requirements.lock requirements-test.lock setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -r requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q schemas connectors pipelines deploy tests
	touch $@

demo: env
	$(BIN)/python -m deploy.demo

test: test-fast test-slow

test-fast: env
	$(BIN)/python -m pytest -n 2 --durations 25 --durations-min 3 -m "not slow"

# ONLY="light" or ONLY="not light": those without and with a run of Flink (pyproject.toml).
test-slow: env
	$(BIN)/python -m pytest --durations 40 --durations-min 5 -m "slow and not cluster $(if $(ONLY),and $(ONLY))"

cluster-test: env
	$(BIN)/python -m deploy.jars kafka flink cluster
	$(BIN)/python -m pytest -s -m cluster tests/whole/test_cluster.py tests/deploy/test_image.py

# Builds the image with buildah, on a base that debootstrap makes, and runs every service of the Compose file from it.
image-test: env
	$(BIN)/python -m deploy.jars kafka
	$(BIN)/python -m pytest -s -rs -m cluster tests/deploy/test_built_image.py

eval: env
	$(BIN)/python -m tests.eval.gate

# What a subscriber gets of today's articles, each read with weights that were not learned from it.
eval-modern: env
	$(BIN)/python -m tests.eval.modern

# Learns the weights of all folds again; the other evaluations learn only those that are missing.
eval-folds: env
	$(BIN)/python -m tests.eval.folds

statement-errors: env
	$(BIN)/python -m tests.eval.statement_errors

bench-statements: env
	$(BIN)/python -m tests.bench.bench_statements

replay: env
	$(BIN)/python -m tests.eval.replay_polls

eval-feeds: env
	$(BIN)/python -m tests.eval.feeds

hostile: env
	$(BIN)/python -m tests.support.behaviours

bench-poll: env
	$(BIN)/python -m tests.bench.bench_poll

# How the test feeds of feedparser and Miniflux are read, where CONFORMANCE=DIR holds their checkouts.
conformance: env
	$(BIN)/python -m tests.conformance $(CONFORMANCE)

# Every alert that a realistic stream raises, to be looked at.
stream: env
	$(BIN)/python -m tests.eval.stream_alerts

bench-deliver: env
	$(BIN)/python -m tests.bench.bench_deliver

# The pictures of the page in docs/, from what the last demo left.
pictures: env
	$(BIN)/python -m tests.support.pictures

# How long 200 readers wait for the page with 20,000 alerts, and what it takes in memory.
bench-page: env
	$(BIN)/python -m tests.bench.bench_page

bench: env
	$(BIN)/python -m tests.bench.bench_newness
	$(BIN)/python -m tests.bench.bench_pipeline

# From the command to the first alert: where the seconds of three starts go.
bench-start: env
	$(BIN)/python -m tests.bench.bench_start

# Kills and faults at random while articles flow; everything is counted. SEED=N repeats one.
chaos: env
	$(BIN)/python -m tests.endurance.chaos --faults $(or $(FAULTS),200) $(if $(SEED),--seed $(SEED))

# Each kind of record that once stopped the job, between good articles. ONLY=WORD: kinds with this word.
hostile-records: env
	$(BIN)/python -m tests.endurance.hostile_records $(if $(ONLY),--only "$(ONLY)")

# Seconds and memory of hostile texts and pages, at two lengths.
bench-hostile: env
	$(BIN)/python -m tests.bench.bench_hostile_texts

# Ten times a normal day's rate: do memory and checkpoints stay flat?
soak: env
	$(BIN)/python -m tests.endurance.soak --minutes $(or $(MINUTES),30)

# The state of the last release, carried into this version.
upgrade-test: env
	$(BIN)/python -m pytest -v tests/whole/test_upgrade.py

# Who listens where, of a run that is started for it; fails when something listens beyond what is configured.
ports: env
	$(BIN)/python -m tests.support.running ports

# Memory and CPU of every part, idle and under load.
cost: env
	$(BIN)/python -m tests.bench.bench_cost

# Bytes of state an article leaves in Flink, and what 14 days of them need.
state: env
	$(BIN)/python -m tests.bench.bench_state

# What five million articles a day need, from costs measured here; into docs/scale.md.
scale: env
	$(BIN)/python -m tests.bench.bench_scale --write

# What an article on topic and a start take as the ledger grows; into docs/scale.md and docs/growth.svg.
growth: env
	$(BIN)/python -m tests.bench.bench_growth --write

# Style, types, whether what is imported is what is declared, and known holes of what is pinned.
lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/deptry .
	$(BIN)/python -m deploy.jars.holes

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes
lock: env
	$(COMPILE) requirements.in -o requirements.lock
	$(COMPILE) requirements-test.in -o requirements-test.lock

clean:
	rm -rf .venv build *.egg-info
