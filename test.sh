#!/usr/bin/env bash
# All tests, with their own set-up. Ends with one line: N passed, N failed, N skipped. Arguments go to `dotnet test`.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

# A real Cassandra for the tests that want one: what CHAT_TEST_CQL=host:port names, or one of this run's own, begun while the build runs.
# Without either they skip. CASSANDRA_HOME is a folder with Cassandra's jars in lib/ and its settings in conf/.
export CASSANDRA_HOME=${CASSANDRA_HOME:-$PWD/../shared/cassandra}
cassandra=$(mktemp -d)
log=$(mktemp)
trap 'tests/Cassandra/cassandra.sh destroy "$cassandra"; rm -f "$log"' EXIT
if [ -z "${CHAT_TEST_CQL:-}" ] && [ -d "$CASSANDRA_HOME/lib" ]; then
  if ! command -v java >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless; } >/dev/null 2>&1
  fi
  tests/Cassandra/cassandra.sh start "$cassandra" &
  starting=$!
fi

if ! dotnet build Chat.sln -c Release -v quiet -clp:ErrorsOnly; then
  echo "The build failed: no test was run." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

if [ -n "${starting:-}" ]; then
  if wait "$starting"; then
    CHAT_TEST_CQL_PID=$(cat "$cassandra/1/pid")
    export CHAT_TEST_CQL=127.0.0.1:9042 CHAT_TEST_CQL_PID
  else
    echo "Cassandra did not start: the tests that want it are skipped." >&2
  fi
fi

dotnet test --solution Chat.sln -c Release --no-build "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
awk '/^Test run summary/ {summary = 1}
     summary && $1 == "failed:" {failed = $2}
     summary && $1 == "succeeded:" {passed = $2}
     summary && $1 == "skipped:" {skipped = $2}
     END {printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped}' "$log"
exit "$status"
