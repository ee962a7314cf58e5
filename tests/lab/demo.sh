#!/usr/bin/env bash
# The tour: start the demo's three containers, then chat with them; without a terminal three questions are asked.
# No API key is needed.
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
if [[ -t 0 && -t 1 ]]; then
    printf '\n$ ergon-ops\n'
    exec "$ergon_ops"
fi
say ask webapp-container-ci "what is your status?"
say ask "how much memory does the database use?"
say ask "is anything wrong?"
printf '\nGo on with:\n'
if [[ -n ${DOCKER_HOST:-} ]]; then
    printf '  export DOCKER_HOST=%s\n' "$DOCKER_HOST"
fi
printf '  %s chat\nClean up with:\n  %s demo down\n' "$ergon_ops" "$ergon_ops"
