# ruff: noqa: SIM905 - tables of words read best as words
"""Which services a program talks to, by the libraries it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ergon_ops.packaging.analysis.evidence import Evidence, Need

# Libraries that are of no use without the service.
CLIENTS: dict[str, str] = {
    **dict.fromkeys(
        """redis aioredis hiredis django-redis flask-redis rq django-rq arq redis-om coredis walrus channels-redis
        django-channels-redis redis-py-cluster flask-session[redis] ioredis connect-redis bull bullmq bee-queue
        @redis/client @fastify/redis @nestjs/bull @nestjs/bullmq @keyv/redis @socket.io/redis-adapter handy-redis
        rate-limit-redis cache-manager-ioredis cache-manager-redis-store""".split(),
        "redis",
    ),
    **dict.fromkeys(
        """psycopg2 psycopg2-binary psycopg psycopg-binary asyncpg pg8000 aiopg sqlalchemy[asyncpg]
        pg postgres pg-promise postgres.js pg-native slonik pg-boss @fastify/postgres connect-pg-simple @vercel/postgres
        asyncpg-listen procrastinate pgvector django-pgvector""".split(),
        "postgres",
    ),
    **dict.fromkeys(
        """mysqlclient pymysql aiomysql asyncmy mysql-connector-python flask-mysqldb flask-mysql mysql mysql2 mariadb
        @fastify/mysql""".split(),
        "mysql",
    ),
    **dict.fromkeys(
        """pymongo motor mongoengine beanie odmantic flask-pymongo flask-mongoengine djongo mongodb mongoose monk
        connect-mongo agenda @nestjs/mongoose @fastify/mongodb @typegoose/typegoose mongojs""".split(),
        "mongodb",
    ),
    **dict.fromkeys(
        "pika aio-pika amqplib amqp-connection-manager kombu aioamqp rabbitpy @golevelup/nestjs-rabbitmq".split(),
        "rabbitmq",
    ),
    **dict.fromkeys(
        "kafka-python kafka-python-ng confluent-kafka aiokafka faust-streaming faust kafkajs node-rdkafka".split(),
        "kafka",
    ),
    **dict.fromkeys("elasticsearch elasticsearch-dsl @elastic/elasticsearch".split(), "elasticsearch"),
    **dict.fromkeys("opensearch-py @opensearch-project/opensearch".split(), "opensearch"),
    **dict.fromkeys("pymemcache python-memcached pylibmc aiomcache memcached memjs".split(), "memcached"),
    **dict.fromkeys("minio miniopy-async".split(), "minio"),
    **dict.fromkeys("nats-py nats asyncio-nats-client".split(), "nats"),
    **dict.fromkeys("cassandra-driver scylla-driver".split(), "cassandra"),
    **dict.fromkeys("clickhouse-driver clickhouse-connect @clickhouse/client".split(), "clickhouse"),
    **dict.fromkeys("neo4j neo4j-driver neomodel".split(), "neo4j"),
    **dict.fromkeys("paho-mqtt aiomqtt asyncio-mqtt gmqtt flask-mqtt fastapi-mqtt mqtt async-mqtt".split(), "mqtt"),
    **dict.fromkeys("influxdb influxdb-client influxdb3-python @influxdata/influxdb-client influx".split(), "influxdb"),
    **dict.fromkeys("qdrant-client @qdrant/js-client-rest".split(), "qdrant"),
    **dict.fromkeys("meilisearch meilisearch-python-sdk".split(), "meilisearch"),
}
# The program of an image → the service it is.
# `celery[redis]`, `dramatiq[rabbitmq]`, `sqlalchemy[postgresql]`: an extra that is named after what it brings.
EXTRAS: dict[str, str] = {
    "redis": "redis", "hiredis": "redis", "rabbitmq": "rabbitmq", "amqp": "rabbitmq", "kafka": "kafka",
    "confluent": "kafka", "nats": "nats", "postgres": "postgres", "postgresql": "postgres", "psycopg": "postgres",
    "psycopg2": "postgres", "psycopg-binary": "postgres", "psycopg2-binary": "postgres", "asyncpg": "postgres",
    "mysql": "mysql", "pymysql": "mysql", "aiomysql": "mysql", "mongodb": "mongodb", "memcached": "memcached",
}  # fmt: skip
IMAGES: dict[str, str] = {
    **{name: name for name in set(CLIENTS.values())},
    "postgresql": "postgres", "postgis": "postgres", "timescaledb": "postgres", "pgvector": "postgres",
    "mariadb": "mysql", "percona": "mysql", "mongo": "mongodb", "valkey": "redis", "cp-kafka": "kafka",
    "redpanda": "kafka", "keydb": "redis", "dragonfly": "redis", "redis-stack": "redis", "redis-stack-server": "redis",
    "eclipse-mosquitto": "mqtt", "emqx": "mqtt", "hivemq-ce": "mqtt", "scylla": "cassandra",
    "clickhouse-server": "clickhouse", "postgresql-repmgr": "postgres",
    "mongodb-community-server": "mongodb", "mysql-server": "mysql",
}  # fmt: skip
SCHEMES: dict[str, str] = {
    "redis": "redis", "rediss": "redis", "postgres": "postgres", "postgresql": "postgres", "mysql": "mysql",
    "mongodb": "mongodb", "amqp": "rabbitmq", "amqps": "rabbitmq", "nats": "nats",
    "mqtt": "mqtt", "mqtts": "mqtt",
}  # fmt: skip
URL = re.compile(r"\b(" + "|".join(SCHEMES) + r")(?:\+\w+|\+srv)?://")


def needs(dependencies: Mapping[str, Evidence], more: Iterable[Need] = ()) -> tuple[Need, ...]:
    """One of each service, the first evidence kept."""
    found: dict[str, Need] = {}
    for name, evidence in dependencies.items():
        extra = name.partition("[")[2].removesuffix("]")
        if service := CLIENTS.get(name) or (EXTRAS.get(extra) if extra else None):
            found.setdefault(service, Need(service, evidence))
    for need in more:
        found.setdefault(need.service, need)
    return tuple(sorted(found.values()))
