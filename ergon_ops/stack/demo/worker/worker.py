"""Seals the shop's invoices, a batch each second: more work than its CPU quota allows, so it falls behind."""

from __future__ import annotations

import hashlib
import logging
import os
import time

import psycopg2
from psycopg2.extensions import connection as Connection

PERIOD_S = 1.0
BATCH = 60
ROUNDS = 40_000

logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
log = logging.getLogger("worker")


def seal(number: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", f"invoice {number}".encode(), b"shop", ROUNDS)


def record(connection: Connection | None, batch: int, took_s: float) -> Connection | None:
    """Write the batch down. Returns the connection to use next time, None if the database is not there."""
    try:
        if connection is None:
            connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=3)
            connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS batches (batch bigint, took_s real, at timestamptz DEFAULT now())"
            )
            cursor.execute("INSERT INTO batches (batch, took_s) VALUES (%s, %s)", (batch, took_s))
        return connection
    except psycopg2.Error as error:
        log.warning("batch %d is not in the database: %s", batch, str(error).strip().splitlines()[0])
        return None


def main() -> None:
    log.info("sealing %d invoices a second", BATCH)
    connection = None
    started = time.monotonic()
    batch = 0
    while True:
        batch += 1
        began = time.monotonic()
        for number in range(BATCH):
            seal(batch * BATCH + number)
        took = time.monotonic() - began
        connection = record(connection, batch, took)
        behind = (time.monotonic() - started) / PERIOD_S - batch
        if batch % 3 == 1:
            line = "batch %d: %d invoices sealed in %.1f s, planned %.1f s, %d batches behind"
            log.info(line, batch, BATCH, took, PERIOD_S, max(0, behind))
        time.sleep(max(0.0, -behind * PERIOD_S))


if __name__ == "__main__":
    main()
