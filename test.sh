#!/usr/bin/env bash
# All tests, with their own set-up. Ends with one line: N passed, N failed, N skipped. Arguments go to `dotnet test`.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

if ! dotnet build Chat.sln -c Release -v quiet -clp:ErrorsOnly; then
  echo "The build failed: no test was run." >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet test --solution Chat.sln -c Release --no-build "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
awk '/^Test run summary/ {summary = 1}
     summary && $1 == "failed:" {failed = $2}
     summary && $1 == "succeeded:" {passed = $2}
     summary && $1 == "skipped:" {skipped = $2}
     END {printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped}' "$log"
exit "$status"
