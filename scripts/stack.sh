# shellcheck shell=bash
# One running copy of the product: sandbox, server, worker. Sourced by run, e2e and bench after lib.sh.
# The programs run in sessions of their own, so that Ctrl-C in the terminal reaches the script alone, which
# then stops them in order. Pids are in .data/NAME.pid, logs in .data/NAME.log.

# only_once NAME: one script of this kind per clone. The lock goes with the script, however it ends.
only_once() {
  mkdir -p "$DATA"
  exec 9>"$DATA/$1.lock"
  flock -n 9 || die "scripts/$1 already runs in this clone"
}

# launch NAME COMMAND…: in the background; sets LAUNCHED to the pid.
launch() {
  local name=$1; shift
  setsid "$@" </dev/null >"$DATA/$name.log" 2>&1 9>&- &
  LAUNCHED=$!
  printf '%s\n' "$LAUNCHED" > "$DATA/$name.pid"
}

# halt NAME: stops what `launch NAME` started, if it still runs and is a binary of ours; also what a killed
# predecessor left behind.
halt() {
  local pid; pid=$(cat "$DATA/$1.pid" 2>/dev/null) || return 0
  case $(readlink "/proc/$pid/exe" 2>/dev/null || true) in "$CARGO_TARGET_DIR"/*) stop_pid "$pid" ;; esac
  rm -f "$DATA/$1.pid"
}

port_of() { printf '%s' "${1##*:}"; }

# test_settings NAME WEB_PORT SANDBOX_PORT: the example's values on ports, database and folders of their own,
# whatever the developer's environment and .env say: tests are the same for everybody.
test_settings() {
  local name=$1 web=$2 sim=$3 variable
  for variable in $(grep -oE '^#? ?[A-Z][A-Z0-9_]+=' .env.example | tr -d '#= ') PORT; do unset "$variable"; done
  export APP_ENV=test PUBLIC_ORIGIN=http://localhost:$web LISTEN_ADDR=127.0.0.1:$web INTERNAL_LISTEN_ADDR=127.0.0.1:$((web + 1))
  export SANDBOX_LISTEN=127.0.0.1:$sim SANDBOX_S3_LISTEN=127.0.0.1:$((sim + 1)) SANDBOX_SMTP_LISTEN=127.0.0.1:$((sim - 45))
  export SANDBOX_DATA=$DATA/$name-objects SANDBOX_WEBHOOK_BASE=http://$LISTEN_ADDR KEYRING_FILE=$DATA/$name-keyring.json
  export MIDTRANS_BASE_URL=http://$SANDBOX_LISTEN/midtrans XENDIT_BASE_URL=http://$SANDBOX_LISTEN/xendit
  export WA_BASE_URL=http://$SANDBOX_LISTEN/graph TWILIO_BASE_URL=http://$SANDBOX_LISTEN/twilio
  export S3_ENDPOINT=http://$SANDBOX_S3_LISTEN SMTP_URL=smtp://$SANDBOX_SMTP_LISTEN
  DATABASE_URL=$(database_url "sanggup_$name") REDIS_URL=redis://127.0.0.1:$REDIS_PORT/1
  export DATABASE_URL REDIS_URL
  load_env .env.example
}

# empty_stores NAME: a fresh database, no objects, nothing in Redis (its database 1).
empty_stores() {
  fresh_database "sanggup_$1"
  redis-cli -h 127.0.0.1 -p "$REDIS_PORT" -n 1 flushdb >/dev/null
  rm -rf "$SANDBOX_DATA"
}

# stack_up NAME BIN: starts everything and waits until it answers. Sets SANDBOX_PID, SERVER_PID and PEOPLE,
# what `server seed` printed.
stack_up() {
  local name=$1 bin=$2 address
  for address in "$LISTEN_ADDR" "$SANDBOX_LISTEN" "$SANDBOX_S3_LISTEN" "$SANDBOX_SMTP_LISTEN"; do
    if port_taken "$(port_of "$address")"; then die "port $(port_of "$address") is in use by another program"; fi
  done
  mkdir -p "$SANDBOX_DATA"
  launch "$name-sandbox" "$bin/sandbox"; SANDBOX_PID=$LAUNCHED
  wait_http "http://$SANDBOX_LISTEN/" "$SANDBOX_PID" "$DATA/$name-sandbox.log"
  "$bin/server" keyring --out "$KEYRING_FILE"
  "$bin/server" migrate
  # shellcheck disable=SC2034 # printed by scripts/run
  PEOPLE=$("$bin/server" seed)
  launch "$name-server" "$bin/server" serve --with-worker; SERVER_PID=$LAUNCHED
  wait_http "http://127.0.0.1:$(port_of "$LISTEN_ADDR")/health/ready" "$SERVER_PID" "$DATA/$name-server.log"
}
stack_down() { halt "$1-server"; halt "$1-sandbox"; }

# on_exit COMMAND…: runs it however the script ends, once, undisturbed by a second Ctrl-C.
on_exit() {
  # shellcheck disable=SC2064 # expanded now on purpose
  trap "trap '' INT TERM; $*" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
# services_up / services_down: stops the services at the end only when this script started them.
SERVICES=running
services_up() { SERVICES=$(scripts/services up); read_ports; }
services_down() { if [ "$SERVICES" = started ]; then SERVICES=running; scripts/services down; fi; }
