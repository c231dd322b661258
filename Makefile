# The two commands of the README are `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
export BORDERWIRE_SHARED ?= ../shared

.PHONY: env demo test cluster-test scale lint eval eval-modern eval-folds statement-errors bench-statements replay eval-feeds hostile stream bench bench-poll bench-deliver chaos soak upgrade-test cost state lock clean

env: .venv/ready

.venv/ready: requirements.lock setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: env
	$(BIN)/python -m deploy.demo

test: env
	$(BIN)/python -m pytest -m "not slow"
	$(BIN)/python -m pytest -m "slow and not cluster"

cluster-test: env
	$(BIN)/python -m deploy.jars kafka flink cluster
	$(BIN)/python -m pytest -s -m cluster tests/test_cluster.py tests/test_image.py

eval: env
	$(BIN)/python tests/eval/gate.py

# What a subscriber gets of today's articles, each read with weights that were not learned from it.
eval-modern: env
	$(BIN)/python tests/eval/modern.py

# Learns the weights of all folds again; the other evaluations learn only those that are missing.
eval-folds: env
	$(BIN)/python -m tests.eval.folds

statement-errors: env
	$(BIN)/python -m tests.eval.statement_errors

bench-statements: env
	$(BIN)/python tests/bench/bench_statements.py

replay: env
	$(BIN)/python tests/eval/replay_polls.py

eval-feeds: env
	$(BIN)/python tests/eval/feeds.py

hostile: env
	$(BIN)/python tests/behaviours.py

bench-poll: env
	$(BIN)/python tests/bench/bench_poll.py

# Every alert that a realistic stream raises, to be looked at.
stream: env
	$(BIN)/python tests/eval/stream_alerts.py

bench-deliver: env
	$(BIN)/python tests/bench/bench_deliver.py

bench: env
	$(BIN)/python tests/bench/bench_newness.py
	$(BIN)/python tests/bench/bench_pipeline.py

# Kills and faults at random while articles flow; everything is counted. SEED=N repeats one.
chaos: env
	$(BIN)/python tests/chaos.py --faults $(or $(FAULTS),200) $(if $(SEED),--seed $(SEED))

# Ten times a normal day's rate: do memory and checkpoints stay flat?
soak: env
	$(BIN)/python tests/soak.py --minutes $(or $(MINUTES),30)

# The state of the last release, carried into this version.
upgrade-test: env
	$(BIN)/python -m pytest -v tests/test_upgrade.py

# Memory and CPU of every part, idle and under load.
cost: env
	$(BIN)/python tests/bench/bench_cost.py

# Bytes of state an article leaves in Flink, and what 14 days of them need.
state: env
	$(BIN)/python tests/bench/bench_state.py

# What five million articles a day need, from costs measured here; into docs/scale.md.
scale: env
	$(BIN)/python tests/bench/bench_scale.py --write

lint: env
	$(BIN)/ruff check .
	$(BIN)/mypy

lock: env
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes requirements.in -o requirements.lock

clean:
	rm -rf .venv build *.egg-info
