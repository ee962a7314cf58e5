# ruff: noqa: SIM905 - a table of words reads best as words
"""What an operator asks for stays readable: ids, digests, commits, addresses, ordinary settings and messages."""

from __future__ import annotations

import pytest

from ergon_ops.redaction import is_secret_key, redact, redact_json, redact_value

ID = "3fa97c10be52d8649b2fb1ce8d2f4a5e9c0a6a1f0e7d3c21a4b5c6d7e8f90123"

HARMLESS = [
    '{"host":"cache","err":"-NOAUTH Authentication required."}',
    "got -WRONGPASS invalid username-password pair",
    f"container {ID} started",
    f"/docker/{ID}/memory.stat",
    ID[:12],
    f"postgres@sha256:{ID}",
    f"sha256:{ID}",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "request 9b2fb1ce-8d2f-4a5e-9c0a-6a1f0e7d3c21 took 0.2 s",
    f"io.ergon-ops.manifest={ID}",
    f"etag={ID[:32]}",
    f"CACHE_KEY={ID[:40]}",
    '192.168.1.10 - - [22/Nov/2026:13:59:52 +0000] "GET /api/orders/17?page=2 HTTP/1.1" 200 1534 "-" "curl/8.0"',
    "2026-11-22T13:59:52.123Z INFO [worker-3] sealed invoice 88123 in 0.91 s",
    "TOKENIZERS_PARALLELISM=false",
    "MONKEY=banana42",
    "KEYBOARD_LAYOUT=de_CH",
    "TURKEY_REGION=eu-central-1",
    "KEYCLOAK_URL=http://keycloak:8080/auth",
    "COMPASS_URL=http://compass:3000",
    "BYPASS_CACHE=1",
    "PASSENGER_APP_ENV=production",
    "PWD=/srv/app/current",
    "OLDPWD=/root/some/where",
    "KEY_PREFIX=orders:v2",
    "PRIMARY_KEY=order_id",
    "PUBLIC_KEY=ssh-ed25519-0001",
    "TOKEN_EXPIRY=3600",
    "MAX_TOKENS=4096",
    "PASSWORD_MIN_LENGTH=12",
    "POSTGRES_PASSWORD_FILE=/run/secrets/db",
    "SSL_KEY_PATH=/etc/ssl/private/key.pem",
    "--ssl-key /etc/ssl/private/server.pem",
    "SECRET_NAME=orders-db-credentials-v2",
    "AUTH_METHOD=scram-sha-256",
    "POSTGRES_HOST_AUTH_METHOD=trust",
    "SMTP_AUTH=plain",
    "ALLOW_EMPTY_PASSWORD=yes",
    "MYSQL_ALLOW_EMPTY_PASSWORD=true",
    "AUTHOR=Ada Lovelace 1815",
    "AUTHORITY=orders.example.com",
    "DB_PASSWORD=${DB_PASSWORD}",
    "DB_PASSWORD=",
    "password: ********",
    'FATAL: password authentication failed for user "app"',
    "Invalid password: user bob is locked",
    "token: expired 3 minutes ago",
    "{ API_KEY: [ 'Required' ], DB_PASSWORD: [ 'Invalid input: expected string, received undefined' ] }",
    "connect to dsn=orders-db:5432: connection refused",
    "dsn: tcp(mysql-main:3306)/shop refused",
    "DATABASE_DSN=postgres://orders-db:5432/shop",
    "NOAUTH Authentication required.",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "Access denied for user 'app'@'10.0.0.3' (using password: YES)",
    "pass: 12, fail: 0, skip: 3",
    "Basic authentication is enabled",
    "Bearer authentication is required",
    "KeyError: 'orders'",
    "Duplicate key value violates unique constraint orders_pkey",
    "key=user:42 hit=true",
    "foreign key: orders.customer_id",
    '{"input_tokens": 812, "output_tokens": 64, "cache_read_tokens": 4096}',
    "http://registry:5000/shop/api@v2",
    "GET http://token-service:8080/health failed",
    "SECRETS_URL=https://secrets-api:9443",
    "upstream http://birch-3g4pw:5555/ refused",
    "http://cache:6379/",
    "nginx: listening on 0.0.0.0:80 and [::]:80",
    "docker run -p 8080:80 -u 1000:1000 nginx:1.25-alpine",
    "tar -xzpf archive.tar.gz -C /srv",
    "mkdir -p /var/lib/mysql/data",
    "mysqld --port=3306 --datadir=/var/lib/mysql",
    "redis-server *:6379",
    "gunicorn main:app --bind 0.0.0.0:8000 --workers 4",
    "APACHE2HANDLER loaded, APACHE_RUN_USER=www-data",
    "/usr/lib/python3.11/site-packages/uvicorn/protocols/http/h11_impl.py",
    "kubernetes.io/service-account.name=orders",
    "com.docker.compose.config-hash=" + ID,
    "eyJ is how a token begins",
    "sk-learn is not installed",
    "risk-assessment-of-the-whole-production-environment",
    "see https://example.com/docs/password-reset?lang=de",
    "ssh-ed25519 fingerprint SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    "epoch 1732280000:9fceb02d0ae598e95dc970b74767f19372d61af8",
    "GET /health 200 in 1.2 s [e7]",
    "cookies are enabled",
    "secret sauce is a fine name for a dish",
    "the key is under the mat",
    "tokens per second: 48.2",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", [text for text in HARMLESS if "=" in text and " " not in text])
def test_a_harmless_variable_is_left_alone(text: str) -> None:
    key, _, value = text.partition("=")
    assert redact_value(key, value) == value


def test_our_own_documents_are_left_alone() -> None:
    document = {
        "facts": [
            {"id": "e7", "container": "webapp", "name": "env_key", "key": "DB_PASSWORD", "value": True, "unit": "bool"}
        ],
        "details": {"env_key": "DB_PASSWORD", "service": "redis", "exit_code": 137},
        "session": "s-9f3a77c1b2d4e5f6",
        "usage": {"input_tokens": 812, "output_tokens": 64, "cache_read_tokens": 0, "cost_usd": None},
        "manifest_key": "api-server",
        "owner": "local",
    }
    assert redact_json(document) == document


@pytest.mark.parametrize(
    "key",
    """
    DB_PASSWORD POSTGRES_PASSWORD MYSQL_PWD PGPASSWORD ROOTPW dbPass API_KEY apiKey X-Api-Key AWS_SECRET_ACCESS_KEY
    SECRET SECRET_KEY_BASE JWT GITHUB_TOKEN token auth_token REDIS_AUTH SENTRY_DSN private_key SSH_PRIVATE_KEY
    CLIENT_CREDENTIALS DJANGO_SECRET ENCRYPTION_KEY FERNET_KEY APP_KEY STRIPE_KEY API_KEY_2 AccountKey masterauth
    requirepass NONCE_SALT spring.datasource.password ConnectionStrings__Default_ConnectionString Authorization
    TOKEN_SECRET userPassword
    """.split(),
)
def test_a_name_that_promises_a_secret_is_known(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    """
    MONKEY KEYBOARD TOKENIZERS_PARALLELISM COMPASS HOCKEY PASSENGER AUTHOR PATH HOME LANG PWD OLDPWD key KEY_PREFIX
    PRIMARY_KEY CACHE_KEY env_key manifest_key PASSWORD_FILE TOKEN_URL AUTH_METHOD SECRET_NAME MAX_TOKENS TOKEN_TTL
    OAUTH DESIGN SIGNAL SASL_MECHANISM PATCH PRIVATE_NETWORK COOKIE_DOMAIN AWS_ACCESS_KEY_ID KEYCLOAK_HOST
    DATABASE_URL
    """.split(),
)
def test_a_name_that_only_sounds_like_one_is_not(key: str) -> None:
    assert not is_secret_key(key)
