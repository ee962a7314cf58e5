#!/usr/bin/env bash
# The tour: start the demo's three containers and ask three questions. No API key is needed, nothing is typed.
set -euo pipefail
ergon_ops=${1:-ergon-ops}

say() {
    printf '\n$ ergon-ops'
    printf ' %q' "$@"
    printf '\n'
    "$ergon_ops" "$@"
}

say demo up
say ask webapp-container-ci "what is your status?"
say ask "how much memory does the database use?"
say ask "is anything wrong?"
printf '\nGo on with: ergon-ops chat    Clean up with: ergon-ops demo down\n'
