#!/usr/bin/env bash
# The tour: start the demo's three containers, ask them, let the throttled one propose what would be better, approve it,
# see before and after, take it back; at a terminal it ends in a chat with them. No API key is needed.
set -euo pipefail
ergon_ops=${1:-ergon-ops}

show() {
    local word line='$ ergon-ops'
    for word in "$@"; do
        [[ $word == *' '* ]] && word="\"$word\""
        line+=" $word"
    done
    printf '\n%s\n' "$line"
}

say() {
    show "$@"
    "$ergon_ops" "$@"
}

# The first id in a text: p-… of a proposal, c-… of a change.
id_in() {
    [[ $2 =~ $1-[a-z2-7]{10} ]] && printf '%s' "${BASH_REMATCH[0]}"
}

say demo up
if [[ ! -t 0 || ! -t 1 ]]; then
    say ask webapp-container-ci "what is your status?"
    say ask "how much memory does the database use?"
    say ask "is anything wrong?"
fi
show propose worker
told=$("$ergon_ops" propose worker)
printf '%s\n' "$told"
if proposal=$(id_in p "$told"); then
    say approve "$proposal"
    change=$(id_in c "$("$ergon_ops" journal | tail -n 1)")
    say rollback "$change"
fi
if [[ -t 0 && -t 1 ]]; then
    printf '\n$ ergon-ops\n'
    exec "$ergon_ops"
fi
printf '\nGo on with:\n'
if [[ -n ${DOCKER_HOST:-} ]]; then
    printf '  export DOCKER_HOST=%s\n' "$DOCKER_HOST"
fi
printf '  %s chat\nClean up with:\n  %s demo down\n' "$ergon_ops" "$ergon_ops"
