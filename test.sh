#!/usr/bin/env bash
# All tests, with their own set-up. Ends with a line for each test that failed, and one line: N passed, N failed, N skipped.
# Arguments go to `dotnet test`.
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

# Each failed test with the first line of what it said. A project that died (its exit code is neither 2, some failed, nor 8, none was asked for)
# counts as one failed test.
failures=$scripts/failures
awk '
  function tell() { if (name != "") print substr(name (said == "" ? "" : ": " said), 1, 300); name = "" }
  /^failed / { tell(); name = $0; sub(/^failed (\(canceled\) )?/, "", name); sub(/ \([0-9hms ]+\)$/, "", name); said = ""; next }
  /^  from / { next }
  /^  [^ ]/ { sub(/^  Xunit[.A-Za-z]*: /, "  "); if (said == "") said = substr($0, 3, 200); next }
  { tell() }
  /^[^ ].*\.dll \(net[^)]*\) / { project = $1; sub(/.*\//, "", project); next }
  /^Exit code: / { if ($3 != 2 && $3 != 8) print project ": the project ended with exit code " $3 }
  END { tell() }' "$log" >"$failures"
failed=$((failed + $(grep -c ': the project ended with exit code ' "$failures")))

# What is written for Node: the client library and the page. A file or folder that cannot be tested counts as one failed test, without Node as one
# skipped.
counts='
  const { testResults, ...all } = JSON.parse(fs.readFileSync(process.argv[1]))
  const failed = testResults.flatMap(file => {
    const tests = file.assertionResults.filter(test => test.status === "failed")
    const said = tests.map(test => [test.fullName, test.failureMessages[0]])
    if (file.status === "failed" && said.length === 0) said.push(["was not tested", file.message])
    return said.map(([name, message]) => `${path.relative(".", file.name)} ${name}: ${(message ?? "").split("\n")[0].slice(0, 200)}\n`)
  })
  fs.appendFileSync(process.argv[2], failed.join(""));
  `${all.numPassedTests} ${failed.length} ${all.numPendingTests}`'
for folder in clients/typescript web; do
  if ! command -v npm >/dev/null; then
    echo "node is not installed: the tests of $folder are skipped." >&2
    skipped=$((skipped + 1))
    continue
  fi
  (
    cd "$folder"
    if [ ! -e node_modules/.package-lock.json ]; then npm ci --no-audit --no-fund --silent; fi &&
      NO_COLOR=1 npm test --silent -- --reporter=dot --reporter=json --outputFile.json="$scripts/results.json"
  ) || status=1
  if ! read -r p f s < <(node -p "$counts" "$scripts/results.json" "$failures" 2>/dev/null); then
    echo "$folder: nothing was tested" >>"$failures"
    p=0 f=1 s=0
  fi
  rm -f "$scripts/results.json"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

cat "$failures"
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
