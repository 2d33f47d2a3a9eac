# Thin on purpose: each target is a script that says in its head what it does.
.PHONY: help run test check bench crash fmt sqlx setup web e2e services-up services-down services-status

help:
	@echo 'make run      the whole product on http://localhost:3000; Ctrl-C stops it'
	@echo 'make test     every test; the last line is the total'
	@echo 'make check    formatting, clippy, walls, licences, advisories, query metadata'
	@echo 'make bench    benchmarks; prints ratios, judges nothing'
	@echo 'make crash    kills the server at every write of a payment and a payout'
	@echo 'make fmt      formats the Rust sources'
	@echo 'make sqlx     writes the metadata of checked queries (server/services/.sqlx)'
	@echo 'make setup    installs what is missing on this machine'
	@echo 'make web      builds what browsers download into target/site'
	@echo 'make e2e      browser tests alone (ARGS="tests/auth.spec.ts --project ssr")'
	@echo 'make services-up | services-down | services-status    private PostgreSQL and Redis'

run test check bench crash setup:
	@scripts/$@

fmt:
	@scripts/fmt

sqlx:
	@scripts/sqlx write

web:
	@scripts/build-web

e2e:
	@scripts/e2e $(ARGS)

services-up services-down services-status:
	@scripts/services $(@:services-%=%)
