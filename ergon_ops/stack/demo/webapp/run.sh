#!/bin/bash
# Three services in one container. One that ends stays gone and is named in the log; the others go on,
# as they would on many a real machine. A restart of the container brings all of them back.
set -u
declare -A service

start() {
    local name=$1
    shift
    "$@" &
    service[$!]=$name
    echo "run: $name started (pid $!)"
}

stop() {
    trap '' TERM INT
    kill -TERM "${!service[@]}" 2>/dev/null
    wait
    exit 0
}
trap stop TERM INT

start redis redis-server --bind 127.0.0.1 --port 6379 --save '' --appendonly no --maxmemory 16mb --dir /tmp --loglevel warning
start python python3 -m uvicorn app:app --host 127.0.0.1 --port 8000 --no-access-log
start nginx nginx -e stderr -c /srv/webapp/nginx.conf

while ((${#service[@]})); do
    wait -n -p gone "${!service[@]}"
    code=$?
    [[ -n ${gone:-} ]] || continue
    echo "run: ${service[$gone]} (pid $gone) ended with code $code; the others stay up" >&2
    unset "service[$gone]"
done
echo "run: no service is left" >&2
exit 1
