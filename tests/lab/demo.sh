#!/usr/bin/env bash
# The tour: start the demo's three containers and ask three questions. No API key is needed, nothing is typed.
set -euo pipefail
ergon_ops=${1:-ergon-ops}

say() {
    local word line='$ ergon-ops'
    for word in "$@"; do
        [[ $word == *' '* ]] && word="\"$word\""
        line+=" $word"
    done
    printf '\n%s\n' "$line"
    "$ergon_ops" "$@"
}

say demo up
say ask webapp-container-ci "what is your status?"
say ask "how much memory does the database use?"
say ask "is anything wrong?"
printf '\nGo on with: ergon-ops chat    Clean up with: ergon-ops demo down\n'
