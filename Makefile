# What everybody and .ci/run use. Each command makes .venv first, where it is missing or out of date.
# A recipe's last command is exec'ed, so that a signal to make reaches the process that matters.

PYTHON ?= python3
PREPARE = exec "$(PYTHON)" -m console.launch.prepare

.PHONY: help run carry-data-over test check bench lighthouse pictures stylesheet mutants spreadsheets format \
  requirements proof-of-start proof-of-restore proof-of-upgrade proof-of-ledger proof-of-activation proof-of-runway \
  proof-of-explanations proof-of-previews proof-of-imports proof-of-changes proof-of-proxies proof-of-pgbouncer \
  proof-of-slow-clients proof-of-strangers proof-of-approvals

help:
	@echo "make, make help       say this"
	@echo "make run              start Allotment with demo companies on http://127.0.0.1:8000; Ctrl-C ends it"
	@echo "                      PORT=8001 another port; HOST=0.0.0.0 for other machines (not with the demo's password)"
	@echo "                      DEMO=0 without demo companies; DEBUG=1 shows what went wrong on the page"
	@echo "                      DATABASE_URL=postgresql://... a server of your own; README.md lists the others"
	@echo "make carry-data-over  copy what an older version of PostgreSQL kept in .data into the one of now"
	@echo "make test             run the tests; ARGS='-k expiry' narrows them"
	@echo "make check            lint, types, migrations, production settings"
	@echo "make bench            measure what the pages cost the server"
	@echo "make lighthouse       measure them in a browser; ARGS='--runs 1 --print' for a try"
	@echo "make pictures         take the pictures of README.md anew"
	@echo "make stylesheet       cut Tabler's style sheet to what the pages use"
	@echo "make mutants          plant slips one at a time and see that a test notices each; ARGS=NAME for one"
	@echo "make spreadsheets     let LibreOffice convert every export, and see that sums and texts stay"
	@echo "make format           let ruff format the code"
	@echo "make requirements     pin the packages anew from requirements/*.in"
	@echo "make proof-of-start   time both starts of a fresh clone"
	@echo "make proof-of-restore  the commands of docs/operations/backup-and-upgrade.md as they stand, and what came back; root, Debian's PostgreSQL"
	@echo "make proof-of-upgrade  an earlier commit serves, this code migrates and takes its place, nobody meets a failure; OLD=COMMIT"
	@echo "make proof-of-ledger  faults put back, and random histories; LEDGER_HISTORIES, UNDO_HISTORIES=2000, ORDER_UNDO_HISTORIES for more, LEDGER_FIRST=301 for others"
	@echo "make proof-of-explanations  every figure of the demo followed to its explanation, 1,000 of random companies against the model; EXPLANATION_DAYS=20"
	@echo "make proof-of-slow-clients  200 slow clients of each kind and a crowd stop nobody; ARGS='--address https://...' asks elsewhere"
	@echo "make proof-of-approvals  500 random orders of asking, approving, lowering, refusing, withdrawing; APPROVAL_HISTORIES, APPROVAL_FIRST"
	@echo "make proof-of-imports  100,000 rows against COPY, in flat memory, with a wrong line, and killed; IMPORTED_ROWS"
	@echo "make proof-of-changes  what changed between 1,000 random pairs of states, against the entries; CHANGED_PAIRS"
	@echo "make proof-of-activation  200 random lives of a subscription, and what is told of them; SUBSCRIPTION_HISTORIES, NOTICE_RUNS, LEAKED_TOKENS"
	@echo "make proof-of-runway  walk day by day through 1,000 random companies; RUNWAY_CASES, RUNWAY_FIRST for others"
	@echo "make proof-of-previews  every act of support in 500 random worlds: previewed, done, compared; all forgeries, all methods in a view; PREVIEW_WORLDS, PREVIEW_FIRST"
	@echo "make proof-of-proxies  nginx and Caddy as shipped, in front of production settings (Debian: apt-get install nginx caddy)"
	@echo "make proof-of-pgbouncer  two companies through a real PgBouncer in transaction mode (Debian: pgbouncer)"
	@echo "make proof-of-strangers  ten thousand strangers' purchases, and what they leave behind; STRANGERS"

run:
	@$(PREPARE) runtime -m console.launch.serve

carry-data-over:
	@$(PREPARE) runtime -m console.launch.backup_and_upgrade.carry_data_over

test:
	@$(PREPARE) runtime,test -m console.launch.tests $(ARGS)

check:
	@$(PREPARE) runtime,test,check -m console.launch.check

bench:
	@$(PREPARE) runtime,test -m console.launch.measuring.bench $(ARGS)

lighthouse:
	@$(PREPARE) runtime -m console.launch.measuring.lighthouse $(ARGS)

pictures:
	@$(PREPARE) runtime,test -m console.launch.measuring.pictures $(ARGS)

stylesheet:
	@$(PREPARE) runtime -m console.serving.stylesheet.tabler

mutants:
	@$(PREPARE) runtime,test -m console.launch.planted_slips.mutants $(ARGS)

spreadsheets:
	@$(PREPARE) runtime,test -m console.launch.tests -n 0 -s tests/convert_spreadsheets.py $(ARGS)

format:
	@$(PREPARE) runtime,test,check -m ruff format

requirements:
	@uv=$$("$(PYTHON)" -c "from console.launch import prepare; print(prepare.find_uv())" | tail -n 1); \
	for name in runtime test check uv; do \
	  "$$uv" pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.12 --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make requirements" requirements/$$name.in \
	    -o requirements/$$name.txt || exit 1; \
	done

proof-of-start:
	@exec "$(PYTHON)" -m console.launch.proof_of_start

proof-of-restore:
	@$(PREPARE) runtime -m console.launch.backup_and_upgrade.proof_of_restore

proof-of-upgrade:
	@$(PREPARE) runtime -m console.launch.backup_and_upgrade.proof_of_upgrade

proof-of-ledger:
	@LEDGER_HISTORIES="$${LEDGER_HISTORIES:-300}" KEEPING_HISTORIES="$${KEEPING_HISTORIES:-1000}" \
	  UNDO_HISTORIES="$${UNDO_HISTORIES:-1000}" ORDER_UNDO_HISTORIES="$${ORDER_UNDO_HISTORIES:-500}" \
	  PLAN_CASES="$${PLAN_CASES:-500}" $(PREPARE) runtime,test \
	  -m console.launch.tests -n 0 -s tests/test_properties.py tests/credits/acts/test_keep_use.py tests/test_undo_histories.py \
	  tests/test_undo_of_orders_histories.py \
	  tests/credits/acts/test_set_many.py

proof-of-activation:
	@SUBSCRIPTION_HISTORIES="$${SUBSCRIPTION_HISTORIES:-200}" NOTICE_RUNS="$${NOTICE_RUNS:-50}" \
	  LEAKED_TOKENS="$${LEAKED_TOKENS:-2000}" $(PREPARE) runtime,test \
	  -m console.launch.tests tests/licensing/purchases/test_follow_marketplace.py tests/test_exactly_once.py \
	  tests/licensing/notices/test_every_change_is_told_once.py tests/licensing/notices/test_notices.py \
	  tests/credits/notices/test_due_of_balances.py tests/licensing/purchases/test_tokens_in_every_error.py

proof-of-runway:
	@RUNWAY_CASES="$${RUNWAY_CASES:-1000}" $(PREPARE) runtime,test -m console.launch.tests -n 0 -s tests/test_runway_by_walking.py

proof-of-previews:
	@PREVIEW_WORLDS="$${PREVIEW_WORLDS:-500}" $(PREPARE) runtime,test -m console.launch.tests -q tests/test_previews.py \
	  tests/test_attacks_on_acts_of_support.py tests/test_viewing.py

proof-of-explanations:
	@EXPLANATION_DAYS="$${EXPLANATION_DAYS:-20}" AS_KNOWN_HISTORIES="$${AS_KNOWN_HISTORIES:-50}" \
	  EXPLAINED_FIGURES="$${EXPLAINED_FIGURES:-1000}" AS_KNOWN_READINGS="$${AS_KNOWN_READINGS:-12}" $(PREPARE) runtime,test \
	  -m console.launch.tests -v tests/test_every_figure_explains_itself.py tests/test_as_known.py \
	  tests/test_explanations_and_the_model.py tests/test_as_known_while_writing.py tests/test_two_texts.py

proof-of-approvals:
	@APPROVAL_HISTORIES="$${APPROVAL_HISTORIES:-500}" $(PREPARE) runtime,test -m console.launch.tests -q tests/test_approvals_histories.py

proof-of-imports:
	@IMPORTED_ROWS="$${IMPORTED_ROWS:-100000}" $(PREPARE) runtime,test -m console.launch.tests -n 0 -s tests/test_import_of_many_rows.py

proof-of-changes:
	@CHANGED_PAIRS="$${CHANGED_PAIRS:-1000}" $(PREPARE) runtime,test -m console.launch.tests -n 0 tests/test_what_changed.py

proof-of-proxies:
	@$(PREPARE) runtime,test -m console.launch.tests -n 0 -v tests/proof_of_proxies.py $(ARGS)

proof-of-pgbouncer:
	@$(PREPARE) runtime,test -m console.launch.tests -n 0 -s tests/through_pgbouncer.py $(ARGS)

proof-of-slow-clients:
	@$(PREPARE) runtime -m console.launch.measuring.proof_of_slow_clients $(ARGS)

proof-of-strangers:
	@STRANGERS="$${STRANGERS:-10000}" $(PREPARE) runtime,test -m console.launch.tests -n 0 -s tests/test_strangers_at_the_landing_page.py
