"""Of an environment's values only hosts and ports come out, and never a piece of a secret."""

from __future__ import annotations

import pytest

from ergon_ops.engine.environment import hosts, oddities


@pytest.mark.parametrize(
    ("key", "value", "host"),
    [
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/shop", "db:5432"),
        ("DATABASE_URL", "postgresql+asyncpg://app:hunter2@db/shop", "db:5432"),
        ("REDIS_URL", "redis://:s3cret@cache", "cache:6379"),
        ("API", "http://api.internal/v1?key=hunter2", "api.internal:80"),
        ("MONGO", "mongodb://u:p@m1:27017,m2:27017/x?replicaSet=r", "m1:27017"),
        ("JDBC", "jdbc:postgresql://db:5433/shop?user=a&password=hunter2", "db:5433"),
        ("DSN", "app:hunter2@tcp(mysql:3306)/shop", "mysql:3306"),
        ("DATABASE_DSN", "host=pg port=5432 user=app password=hunter2", "pg:5432"),
        ("BROKER", "kafka-1:9092,kafka-2:9092", "kafka-1:9092"),
        ("UPSTREAM", "10.0.0.7:8080", "10.0.0.7:8080"),
        ("POSTGRES_HOST", "db", "db"),
        ("LOCAL_URL", "http://localhost:8000", "localhost:8000"),
    ],
)
def test_hosts_are_found(key: str, value: str, host: str) -> None:
    assert hosts({key: value}) == {key: host}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DATABASE_URL", "postgres://app:12345/67@db:5432/shop"),
        ("DATABASE_URL", "postgres://app:12345?67@db/shop"),
        ("DATABASE_URL", "postgres://app:12#45@db/shop"),
        ("PASSWORD", "letter:1234"),
        ("API_TOKEN", "abc:99999"),
        ("SECRET_HOST_KEY", "abcdef"),
        ("BIND", "0.0.0.0:8000"),
        ("CRON", "12:30"),
        ("GREETING", "hello"),
        ("DEBUG_SERVER", "true"),
        ("BROKEN", "http://[::1"),
        ("BROKEN", "http://host:port/"),
        ("EMPTY", ""),
        ("FILE", "file:///etc/app.toml"),
    ],
)
def test_what_could_be_a_secret_or_is_no_host_tells_nothing(key: str, value: str) -> None:
    assert hosts({key: value}) == {}


def test_a_host_joins_its_port() -> None:
    assert hosts({"DB_HOST": "pg", "DB_PORT": "5433", "CACHE_HOST": "redis"}) == {
        "DB_HOST": "pg:5433",
        "CACHE_HOST": "redis",
    }


def test_what_an_env_file_leaves_around_a_value() -> None:
    values = {"A_HOST": '"db"', "B_HOST": "db\r", "C_HOST": " db", "D_HOST": "db", "E": "'", "DB_PASSWORD": '"x y"'}
    assert oddities(values) == {
        "A_HOST": "quotes", "B_HOST": "a carriage return", "C_HOST": "white space",
    }  # fmt: skip


def test_a_number_in_the_place_of_a_port_that_is_none() -> None:
    values = {
        "PORT": "93071", "HTTP_PORT": "8080", "LISTEN": ":70000", "API_URL": "http://api:80801/v1", "ZIP": "93071",
        "DATABASE_URL": "postgres://u:99999@db:5432/x", "ODD_URL": "postgres://u:99999/x@db:5432/x",
        "NODE_PORT": "65535",
    }  # fmt: skip
    assert oddities(values) == {"PORT": "no port: 93071", "LISTEN": "no port: 70000", "API_URL": "no port: 80801"}
