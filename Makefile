# Everything from a bare clone. `make help` lists it.
PYTHON ?= python3
PORT ?=
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test check lint format demo bench docs python

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: python ## start Jiesu with a demo province: PORT=8001 chooses another port
	@exec $(PYTHON) scripts/bootstrap.py run --port "$(PORT)"

test: python ## run everything that checks the project (installs what it needs on Debian as root)
	@exec $(PYTHON) scripts/bootstrap.py exec python scripts/check.py all

check: python ## run the quick checks: linters, types, contracts, migrations, templates, docs
	@exec $(PYTHON) scripts/bootstrap.py exec python scripts/check.py quick

lint: python ## run the linter and the formatter's check only
	@exec $(PYTHON) scripts/bootstrap.py exec python scripts/check.py lint

format: python ## format Python and templates
	@exec $(PYTHON) scripts/bootstrap.py exec python scripts/check.py format

demo: python ## load the demo province into an empty database
	@exec $(PYTHON) scripts/bootstrap.py exec python -m jiesu demo --if-empty

bench: python ## run the benchmarks (bench/README.md)
	@exec $(PYTHON) scripts/bootstrap.py exec python -m bench lists

docs: python ## write the generated pages of docs/ and the permission tables
	@exec $(PYTHON) scripts/bootstrap.py exec python scripts/check.py docs

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "jiesu: $(PYTHON) was not found. Jiesu needs Python 3.11, 3.12 or 3.13. 需要 Python 3.11–3.13，请先安装。" >&2; \
	  exit 2; }
