#!/bin/bash
# ejabberd with PostgreSQL beside Chat under the same load, in turn. Both servers, their accounts and data exist on the loopback address and for one run only.
#
#   bench/ejabberd/ejabberd.sh install --yes    as root, on Debian: installs the packages, and starts no service
#   bench/ejabberd/ejabberd.sh run [options]    starts both, loads them by `bench compare --xmpp` with these options, and ends them, also when interrupted
#
# Accounts are made for 1,000 pairs. Every message is in PostgreSQL (mod_mam, with PostgreSQL's default of a sync at each commit) before it is acked.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bench=${BENCH:-$here/../Chat.Bench/bin/Release/net10.0/Chat.Bench.dll}

fail() { echo "$*" >&2; exit 2; }

install() {
  [ "$(id -u)" = 0 ] || fail "install needs root"
  [ "${1:-}" = --yes ] || fail "This installs ejabberd, Erlang and PostgreSQL by apt-get. Say so: install --yes"
  # Debian starts a service that it installs, unless this file forbids it.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    made=1
  fi
  local status=0
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ejabberd erlang-p1-pgsql postgresql || status=$?
  [ -z "$made" ] || rm -f "$policy"
  return "$status"
}

run() {
  local binaries
  binaries=$(dirname "$(readlink -f "$(command -v initdb || echo /usr/lib/postgresql/*/bin/initdb)")")
  command -v erl > /dev/null && [ -x "$binaries/postgres" ] || fail "ejabberd or PostgreSQL is not installed: $0 install --yes"
  local schema=/usr/share/ejabberd/sql/pg.sql
  [ -e "$schema" ] || schema=$(find /usr/lib /usr/share -path '*ejabberd*' -name pg.sql 2> /dev/null | head -1)
  [ -e "$schema" ] || fail "ejabberd's pg.sql was not found"

  # PostgreSQL refuses to run as root.
  as=()
  [ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  folder=$(mktemp -d /tmp/chat-bench-ejabberd-XXXXXX)
  trap finish EXIT
  trap 'exit 130' INT TERM HUP
  chmod 755 "$folder"
  [ "$(id -u)" != 0 ] || chown postgres "$folder"
  cd "$folder"
  export HOME=$folder
  local sql_port=$((20000 + RANDOM % 10000)) port=$((30000 + RANDOM % 10000))

  "${as[@]}" "$binaries/initdb" -D "$folder/sql" -U ejabberd -A trust > initdb.log
  "${as[@]}" "$binaries/postgres" -D "$folder/sql" -c listen_addresses=127.0.0.1 -p "$sql_port" -k "$folder" > sql.log 2>&1 &
  sql=$!
  wait_for "PostgreSQL" sql.log "$binaries/pg_isready" -q -h 127.0.0.1 -p "$sql_port" -U ejabberd
  psql() { "$binaries/psql" -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$sql_port" -U ejabberd "$@" > /dev/null; }
  ask() { "$binaries/psql" -h 127.0.0.1 -p "$sql_port" -U ejabberd -d ejabberd -A -t -c "$1"; }
  psql -d postgres -c 'create database ejabberd'
  psql -d ejabberd -f "$schema"
  psql -d ejabberd -c "insert into users (username, password)
    select 'bench-' || side || '-' || lpad(pair::text, 5, '0'), 'a password for load only' from generate_series(0, 999) pair, unnest(array['a', 'b']) side"

  cat > ejabberd.yml << YML
hosts: [localhost]
loglevel: warning
auth_method: sql
auth_password_format: plain
sql_type: pgsql
sql_server: 127.0.0.1
sql_port: $sql_port
sql_database: ejabberd
sql_username: ejabberd
sql_password: "-"
sql_pool_size: ${SQL_POOL:-10}
default_db: sql
listen:
  - port: $port
    ip: 127.0.0.1
    module: ejabberd_http
    request_handlers:
      /ws: ejabberd_http_ws
modules:
  mod_mam: { default: always }
  mod_offline: {}
  mod_stream_mgmt: {}
YML
  ERL_LIBS=$(dirname "$(find /usr/lib -maxdepth 3 -type d -name 'ejabberd-*' | head -1)") EJABBERD_CONFIG_PATH=$folder/ejabberd.yml EJABBERD_LOG_PATH=$folder/ejabberd.log \
    "${as[@]}" erl +K true +P 250000 -noinput -mnesia dir "\"$folder/mnesia\"" -s ejabberd > erlang.log 2>&1 &
  ejabberd=$!
  wait_for "ejabberd" erlang.log bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
  cd - > /dev/null
  # Not exec: what was started here is ended here. In the background, so that a signal does not wait for it.
  dotnet "$bench" compare --xmpp "http://127.0.0.1:$port" --xmpp-pids "$ejabberd,$sql" "$@" &
  generator=$!
  local status=0
  wait "$generator" || status=$?
  generator=
  echo
  echo "PostgreSQL: fsync $(ask 'show fsync'), synchronous_commit $(ask 'show synchronous_commit'); $(ask 'select count(*) from archive') rows in the archive, two for each message that was sent by XMPP"
  return "$status"
}

wait_for() {
  local name=$1 log=$2; shift 2
  for _ in $(seq 600); do
    ! "$@" 2> /dev/null || return 0
    sleep 0.1
  done
  cat "$log" ejabberd.log 2> /dev/null >&2 || true
  fail "$name was not ready within 60 s"
}

finish() {
  local process
  for process in "${generator:-}" "${ejabberd:-}" "${sql:-}"; do
    [ -n "$process" ] || continue
    # SIGINT: PostgreSQL waits for no client.
    kill -"$([ "$process" = "${sql:-}" ] && echo INT || echo TERM)" "$process" 2> /dev/null || true
    wait "$process" 2> /dev/null || true
  done
  [ -n "${KEEP:-}" ] || rm -rf "$folder"
}

case ${1:-} in
  install) shift; install "$@" ;;
  run) shift; run "$@" ;;
  *) sed -n '2,7p' "$0" | sed 's/^# \{0,1\}//' ;;
esac
