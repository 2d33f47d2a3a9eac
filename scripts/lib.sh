# shellcheck shell=bash
# What every script here shares: where things are, which compiler, how to run PostgreSQL, how to stop what we started.
# Sourced, never run. Enters: the environment. Leaves: variables and functions; no side effect but PATH.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# Tools and build output live outside the clone, so that a fresh clone and CI start warm.
CACHE=${SANGGUP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sanggup}
TOOLS=$CACHE/tools
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
export PATH=$TOOLS/bin:$ROOT/end2end/node_modules/.bin:$PATH
# Queries are checked against server/services/.sqlx unless a script says otherwise.
export SQLX_OFFLINE=${SQLX_OFFLINE:-true}

DB_USER=sanggup
DB_PASSWORD=sanggup-dev

say() { printf '%s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The compiler that scripts/setup chose: a rustup toolchain's name, or "-" for the one on PATH.
use_toolchain() {
  [ -f "$CACHE/toolchain" ] || die "no compiler chosen yet: run scripts/setup (or make setup) first"
  local chosen; chosen=$(<"$CACHE/toolchain")
  [ "$chosen" = - ] || export RUSTUP_TOOLCHAIN=$chosen
}

# State of this clone: cluster, logs, pid files, keyring.
DATA=$ROOT/.data

# Ports of this clone's PostgreSQL and Redis. `services up` takes the next free ones, and notes them in .data/ports,
# when another clone's services have these.
read_ports() {
  PG_PORT=${SANGGUP_PG_PORT:-25432} REDIS_PORT=${SANGGUP_REDIS_PORT:-26379}
  # shellcheck disable=SC2034 # read by the scripts that source this
  if [ -f "$DATA/ports" ]; then read -r PG_PORT REDIS_PORT < "$DATA/ports"; fi
}
read_ports

# database_url NAME: a URL in the private cluster. The role may create databases and roles; it is no superuser.
database_url() { printf 'postgres://%s:%s@127.0.0.1:%s/%s' "$DB_USER" "$DB_PASSWORD" "$PG_PORT" "$1"; }

# PostgreSQL refuses to run as root and then runs as `postgres`, which must be able to reach the folder: a clone
# under a 0700 home cannot hold it, /var/tmp does.
as_postgres() { # runs a command as the user that owns the cluster, from a folder that user can enter
  if [ "$(id -u)" = 0 ]; then (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
  else (cd / && exec "$@"); fi
}
pg_home() {
  local id; id=$(printf %s "$ROOT" | sha256sum | cut -c1-10)
  if [ "$(id -u)" != 0 ] || as_postgres test -x "$ROOT" 2>/dev/null; then printf '%s/pg' "$DATA"
  else printf '/var/tmp/sanggup-%s-%s/pg' "$(id -u)" "$id"; fi
}
# A Unix socket's path may have 107 bytes at most.
pg_socket_dir() {
  local home; home=$(pg_home)
  if [ "${#home}" -lt 80 ]; then printf '%s/run' "$home"
  else printf '/tmp/sanggup-%s' "$(printf %s "$home" | sha256sum | cut -c1-10)"; fi
}
# psql_admin ARGS: psql as the cluster's superuser over the private socket.
psql_admin() { as_postgres psql -X -q -v ON_ERROR_STOP=1 -h "$(pg_socket_dir)" -p "$PG_PORT" -U postgres "$@"; }
# fresh_database NAME: dropped if present, created empty.
fresh_database() {
  psql_admin -d postgres -c 'set client_min_messages = warning' -c "drop database if exists \"$1\" with (force)" -c "create database \"$1\" owner $DB_USER"
}

# test_database: the database from which cargo tests make theirs, once.
test_database() {
  psql_admin -d postgres -At -c "select 1 from pg_database where datname = 'sanggup_test'" | grep -q 1 ||
    psql_admin -d postgres -c "create database sanggup_test owner $DB_USER"
}

# port_taken PORT: does something accept connections on the loopback interface?
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# alive PID: runs, and is no zombie that waits to be reaped.
alive() { [ -n "${1:-}" ] && [ -r "/proc/$1/stat" ] && [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" != Z ]; }

# stop_pid PID [SECONDS]: TERM, wait, then KILL. Never by name.
stop_pid() {
  local pid=${1:-} left=$(( ${2:-10} * 20 ))
  alive "$pid" || return 0
  kill -TERM "$pid" 2>/dev/null || return 0
  while alive "$pid" && [ "$left" -gt 0 ]; do sleep 0.05; left=$((left - 1)); done
  if alive "$pid"; then say "process $pid did not stop in time: killed"; kill -KILL "$pid" 2>/dev/null || true; fi
}

# wait_http URL PID LOG [SECONDS]: until URL answers 2xx; fails early, with the log's tail, when PID dies.
wait_http() {
  local left=$(( ${4:-60} * 10 ))
  until curl -fsS -o /dev/null --max-time 2 "$1" 2>/dev/null; do
    alive "$2" || { say "--- last lines of $3"; tail -n 40 "$3" >&2; die "the process behind $1 stopped before it answered"; }
    left=$((left - 1)); [ "$left" -gt 0 ] || { say "--- last lines of $3"; tail -n 40 "$3" >&2; die "$1 did not answer in time"; }
    sleep 0.1
  done
}

# load_env FILE: exports NAME=VALUE lines that the environment does not set already. Values may be quoted.
load_env() {
  local line name value
  while IFS= read -r line || [ -n "$line" ]; do
    [[ $line =~ ^[[:space:]]*([A-Z][A-Z0-9_]*)=(.*)$ ]] || continue
    name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]] && value=${BASH_REMATCH[1]}
    [ -n "${!name+set}" ] || export "$name=$value"
  done < "$1"
}
# The settings of a run: .env if the developer made one, else the example's demo values.
load_settings() { if [ -f "$ROOT/.env" ]; then load_env "$ROOT/.env"; fi; load_env "$ROOT/.env.example"; }
