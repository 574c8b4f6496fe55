#!/usr/bin/env bash
# All tests, with their own set-up. Ends with one line: N passed, N failed, N skipped. Arguments go to `dotnet test`.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

# need PROGRAM PACKAGE…: a program of Debian's, where it is missing and may be installed.
need() {
  if ! command -v "$1" >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update && apt-get install -y --no-install-recommends "${@:2}"; } >/dev/null 2>&1
  fi
}

# A real Cassandra for the tests that want one: what CHAT_TEST_CQL=host:port names, or one of this run's own, begun while the build runs. That is
# the one in CASSANDRA_HOME, a folder with Cassandra's jars in lib/ and its settings in conf/; or else, where a Docker engine answers, its image.
# Without any of these they skip.
export CASSANDRA_HOME=${CASSANDRA_HOME:-$PWD/../shared/cassandra}
cassandra=$(mktemp -d)
log=$(mktemp)
scripts=$(mktemp -d)
trap 'tests/Cassandra/cassandra.sh destroy "$cassandra"; rm -rf "$log" "$scripts"' EXIT
source=none
if [ -z "${CHAT_TEST_CQL:-}" ]; then source=$(tests/Cassandra/cassandra.sh source); fi
if [ "$source" != none ]; then
  if [ "$source" = home ]; then need java openjdk-17-jre-headless; fi
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
    export CHAT_TEST_CQL=127.0.0.1:9042
    if [ "$source" = home ]; then
      CHAT_TEST_CQL_PID=$(cat "$cassandra/1/pid")
      export CHAT_TEST_CQL_PID CHAT_TEST_CQL_FOLDER=$cassandra/1
    fi
  else
    echo "Cassandra did not start: the tests that want it are skipped." >&2
  fi
fi

# The page in a real browser, which needs letters to show.
need chromium chromium fonts-liberation
# What connects several servers.
need redis-server redis-server
# Load balancers, and a proxy that lets no upgrade through and buffers.
[ -x /usr/sbin/nginx ] || need nginx nginx-light
[ -x /usr/sbin/haproxy ] || need haproxy haproxy

dotnet test --solution Chat.sln -c Release --no-build "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
read -r passed failed skipped < <(awk '
  /^Test run summary/ {summary = 1}
  summary && $1 == "failed:" {failed = $2}
  summary && $1 == "succeeded:" {passed = $2}
  summary && $1 == "skipped:" {skipped = $2}
  END {print passed + 0, failed + 0, skipped + 0}' "$log")

# What is written for Node: the client library and the page. A folder that cannot be tested counts as one failed test, without Node as one skipped.
for folder in clients/typescript web; do
  if ! command -v npm >/dev/null; then
    echo "node is not installed: the tests of $folder are skipped." >&2
    skipped=$((skipped + 1))
    continue
  fi
  (
    cd "$folder"
    if [ ! -e node_modules/.package-lock.json ]; then npm ci --no-audit --no-fund --silent; fi &&
      npm test --silent -- --reporter=dot --reporter=json --outputFile.json="$scripts/results.json"
  ) || status=1
  read -r p f s < <(node -p 'const r = JSON.parse(fs.readFileSync(process.argv[1])); `${r.numPassedTests} ${r.numFailedTests} ${r.numPendingTests}`' \
    "$scripts/results.json" 2>/dev/null || echo 0 1 0)
  rm -f "$scripts/results.json"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
