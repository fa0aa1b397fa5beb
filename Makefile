# `make help` lists what there is. Everything is installed below this folder: .venv, node_modules, static/dist, var.

VAR ?= var
PORT ?=
PARTS ?=
APP ?= gunicorn
FRONT ?= nginx
PYTHON ?= python3

FOLDER := $(shell realpath -m "$(VAR)")
BIN := .venv/bin
RUN_PORT = $(or $(PORT),6543)
STACK_PORT = $(or $(PORT),8080)
# How `make run` and `make demo` differ from development.ini.
RUN_SETTINGS = PRIVMEDIA_SQLALCHEMY_URL="sqlite:///$(FOLDER)/privmedia.sqlite" \
  PRIVMEDIA_MEDIA_ROOT="$(FOLDER)/media" PRIVMEDIA_BASE_URL="http://127.0.0.1:$(RUN_PORT)"
PRIVMEDIA = $(RUN_SETTINGS) $(BIN)/privmedia -c development.ini

.DEFAULT_GOAL := help
.PHONY: help run demo stack test check fix faults bench assets lock texts clean

help:  ## List what make can do
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'
	@echo "  VAR=<folder> PORT=<port> with run, demo and stack: where everything is kept (default var), where it listens"

run: .venv/base assets  ## Try it: web server and worker on http://127.0.0.1:6543, built-in sender
	@mkdir -p "$(FOLDER)/media"
	@$(PRIVMEDIA) migrate
	@$(PRIVMEDIA) setup-link --if-needed
	@$(PRIVMEDIA) serve --worker --port $(RUN_PORT)

demo: .venv/base assets  ## The same with a small library: people, groups, folders, generated media
	@mkdir -p "$(FOLDER)/media"
	@$(PRIVMEDIA) migrate
	@$(PRIVMEDIA) demo
	@$(PRIVMEDIA) serve --worker --port $(RUN_PORT)

stack: .venv/production assets  ## The real thing: nginx (FRONT=apache), gunicorn (APP=uwsgi) and worker on http://127.0.0.1:8080
	@$(BIN)/privmedia stack --folder "$(FOLDER)" --port $(STACK_PORT) --app $(APP) --front $(FRONT)

test: .venv/dev assets  ## Everything that proves the project; installs Debian packages itself when it may
	@tools/debian-packages & installing=$$!; $(MAKE) --no-print-directory check && wait $$installing
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n 2 --dist loadscope

faults: .venv/dev assets  ## What tests do in a short form, at full length (PARTS="soak kills": some of it); as root
	@PRIVMEDIA_FAULTS=full tools/debian-packages
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tools.faults $(PARTS)

check: .venv/dev  ## Look: style, types, import floors
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache | tail -n 8

fix: .venv/dev  ## Mend what can be mended by a program
	@$(BIN)/ruff check --fix .

bench: .venv/dev assets  ## Measure delivery against bare nginx and other stacks, in one run
	@tools/debian-packages
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.decisions
	@$(BIN)/python -m tests.bench.many_ranges
	@$(BIN)/python -m tests.bench --receive
	@$(BIN)/python -m tests.bench.scale
	@$(BIN)/python -m tests.bench.slow_senders
	@$(BIN)/python -m tests.bench.viewers
	@$(BIN)/python -m tests.bench.preparing

assets: static/dist/manifest.json  ## Build the pages' scripts and styles

lock: .venv/dev  ## Pin the newest allowed versions of all Python packages, with hashes
	@tools/lock

texts: .venv/base  ## Collect what is to be translated into privmedia/locale
	@$(BIN)/python -m tools.texts

clean:  ## Remove what was built; var stays
	rm -rf .venv node_modules static/dist

.venv/bin/python:
	@tools/make-venv "$(PYTHON)"

# One environment; each level adds to the one before.
.venv/base: requirements/base.lock setup.py | .venv/bin/python
	@tools/install base
	@touch $@

.venv/production: requirements/production.lock setup.py | .venv/base
	@tools/install production
	@touch $@

.venv/dev: requirements/dev.lock setup.py | .venv/base
	@tools/install dev
	@touch $@ .venv/production

static/dist/manifest.json: package-lock.json static/build.mjs $(shell find static/src -type f 2>/dev/null) | .venv/bin/python
	@tools/build-assets
