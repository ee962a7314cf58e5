"""A small shop: counts orders in redis and, where the database answers, writes each one down."""

from __future__ import annotations

import logging
import os
import threading

import psycopg2
import redis
from fastapi import FastAPI, HTTPException
from psycopg2.extensions import connection as Connection

log = logging.getLogger("uvicorn.error")
app = FastAPI(title="shop", docs_url=None, redoc_url=None, openapi_url=None)
cache = redis.Redis(host="127.0.0.1", port=6379, socket_timeout=1, socket_connect_timeout=1, decode_responses=True)


class Ledger:
    """One connection to the order database, opened when needed; orders go on without it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def write(self, number: int) -> bool:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = psycopg2.connect(self._url, connect_timeout=2)
                    self._connection.autocommit = True
                with self._connection.cursor() as cursor:
                    cursor.execute("CREATE TABLE IF NOT EXISTS orders (number bigint, at timestamptz DEFAULT now())")
                    cursor.execute("INSERT INTO orders (number) VALUES (%s)", (number,))
                return True
            except psycopg2.Error as error:
                log.warning("order %d is not in the database: %s", number, str(error).strip().splitlines()[0])
                self._connection = None
                return False


ledger = Ledger(os.environ["DATABASE_URL"])


@app.get("/health")
def health() -> dict[str, str]:
    try:
        cache.ping()
    except redis.RedisError as error:
        raise HTTPException(503, f"redis does not answer: {error}") from None
    return {"redis": "ok"}


@app.get("/")
def orders() -> dict[str, int]:
    try:
        return {"orders": int(cache.get("orders") or 0)}
    except redis.RedisError as error:
        log.error("cannot count orders: %s", error)
        raise HTTPException(503, "orders cannot be counted at the moment") from None


@app.post("/orders", status_code=201)
def order() -> dict[str, object]:
    try:
        number = int(cache.incr("orders"))
    except redis.RedisError as error:
        log.error("cannot take the order: %s", error)
        raise HTTPException(503, "no order can be taken at the moment") from None
    return {"order": number, "written": ledger.write(number)}
