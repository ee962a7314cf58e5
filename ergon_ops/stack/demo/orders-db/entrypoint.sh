#!/bin/bash
set -euo pipefail
programs=(/usr/lib/postgresql/*/bin)
PATH="${programs[-1]}:$PATH"

if [[ ! -s $PGDATA/PG_VERSION ]]; then
    if [[ -z ${POSTGRES_PASSWORD:-} ]]; then
        echo "FATAL: the data folder $PGDATA is empty and POSTGRES_PASSWORD is not set: a new database needs a password" >&2
        exit 1
    fi
    initdb --username=postgres --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 --no-sync --no-instructions >/dev/null
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo 'CREATE DATABASE orders;' | postgres --single -j -D "$PGDATA" postgres >/dev/null
fi

unset POSTGRES_PASSWORD
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=20 -c shared_buffers=16MB -c jit=off
