"""Real programs out of Debian packages, and how each is started: what the table of programs may call verified."""

from __future__ import annotations

from dataclasses import dataclass

IMAGE = "ergon-ops-lab/programs:1"
PACKAGES = (
    *("bash", "dash", "coreutils", "busybox-static", "tini", "dumb-init"),
    *("apache2", "caddy", "haproxy", "lighttpd", "memcached", "mariadb-server-core", "rabbitmq-server"),
    *("etcd-server", "nats-server", "mosquitto", "dnsmasq-base", "nodejs", "php-fpm", "puma", "cron", "supervisor"),
    *("openssh-server", "gunicorn", "python3-celery", "python3-django", "python3-flask", "python3-hypercorn"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """`said` is the sentence, `details` the frameworks in its order."""

    script: str
    said: str
    details: tuple[str, ...] = ("",)


def _file(path: str, *lines: str) -> str:
    text = "\\n".join(lines)
    return f"printf '{text}\\n' > {path}; "


SRV = "mkdir -p /srv; cd /srv; "
WSGI = SRV + _file("m.py", "def app(e, s):", ' s("200 OK", [])', ' return [b"x"]')
ASGI = SRV + _file("m.py", "async def app(s, r, d):", " pass")
APACHE = _file(
    "/etc/a.conf",
    "ServerName x",
    "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so",
    "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so",
    "Listen 80",
    "User www-data",
    "Group www-data",
)
HAPROXY = _file(
    "/etc/h.cfg",
    "defaults", " mode http", " timeout client 5s", " timeout server 5s", " timeout connect 5s",
    "frontend f", " bind *:80",
)  # fmt: skip
SUPERVISOR = _file(
    "/etc/s.conf",
    "[supervisord]", "nodaemon=true",
    "[program:m]", "command=memcached -u nobody",
    "[program:w]", "command=python3 -c \"import time; time.sleep(999)\"",
)  # fmt: skip
PHP = _file("/etc/f.conf", "[global]", "[www]", "listen=9000", "user=nobody", "pm=static", "pm.max_children=3")
CELERY = SRV + _file("m.py", "from celery import Celery", 'app = Celery("m", broker="memory://")')

ZOO: dict[str, Case] = {
    "apache": Case(
        f"mkdir -p /etc/apache2/logs /var/run/apache2; {APACHE} exec apache2 -f /etc/a.conf -DFOREGROUND",
        "apache (port 80)",
    ),
    "caddy": Case("exec caddy file-server --listen :80", "caddy (port 80)"),
    "haproxy": Case(f"{HAPROXY} exec haproxy -W -db -f /etc/h.cfg", "haproxy (port 80)"),
    "lighttpd": Case(
        _file("/etc/l.conf", 'server.document-root="/srv"', "server.port=80") + "exec lighttpd -D -f /etc/l.conf",
        "lighttpd (port 80)",
    ),
    "busybox": Case("exec busybox httpd -f -p 8080", "busybox-httpd (port 8080)"),
    "memcached": Case("exec memcached -u nobody", "memcached (port 11211)"),
    "mariadb": Case(
        "mkdir -p /run/mysqld /d; chown nobody /d /run/mysqld; "
        "exec mariadbd --skip-grant-tables --skip-networking=0 --user=nobody --datadir=/d",
        "mariadb (port 3306)",
    ),
    "rabbitmq": Case(
        "mkdir -p /var/lib/rabbitmq /var/log/rabbitmq; export HOME=/var/lib/rabbitmq RABBITMQ_NODENAME=r@localhost; "
        "exec /usr/lib/rabbitmq/bin/rabbitmq-server",
        "rabbitmq (ports 5672, 25672)",
    ),
    "etcd": Case("exec etcd --data-dir /tmp/e", "etcd (ports 2379, 2380)", ("", "")),
    "nats": Case("exec nats-server", "nats (port 4222)"),
    "mosquitto": Case(
        _file("/etc/m.conf", "listener 1883", "allow_anonymous true") + "exec mosquitto -c /etc/m.conf",
        "mosquitto (port 1883)",
    ),
    "dnsmasq": Case("exec dnsmasq -k -u root -p 53 --no-resolv", "dnsmasq (port 53)"),
    "node": Case("exec node -e 'require(\"http\").createServer().listen(3000)'", "node (port 3000)"),
    "php-fpm": Case(f"{PHP} exec php-fpm8.2 -F --fpm-config /etc/f.conf", "php-fpm (port 9000)"),
    "puma": Case(
        SRV + _file("config.ru", "run lambda { |e| [200, {}, []] }") + "exec puma -p 3000",
        "ruby (port 3000)",
        ("puma",),
    ),
    "gunicorn": Case(f"{WSGI} exec gunicorn -b 0.0.0.0:8000 -w 3 m:app", "python (port 8000)", ("gunicorn",)),
    "hypercorn": Case(f"{ASGI} exec python3 -m hypercorn -b 0.0.0.0:8000 m:app", "python (port 8000)", ("hypercorn",)),
    "flask": Case(
        SRV + _file("app.py", "from flask import Flask", 'app = Flask("x")') + "exec flask run --host 0.0.0.0",
        "python (port 5000)",
        ("flask",),
    ),
    "django": Case(
        SRV + "django-admin startproject x > /dev/null; cd x; exec python3 manage.py runserver 0.0.0.0:8000",
        "python (port 8000)",
        ("django",),
    ),
    "celery": Case(f"{CELERY} exec python3 -m celery -A m worker --concurrency 2", "python", ("celery",)),
    "cron": Case("exec cron -f", "cron"),
    "sshd": Case(
        "mkdir -p /run/sshd; grep -q ^sshd /etc/passwd || echo sshd:x:110:65534::/run/sshd:/bin/false >> /etc/passwd; "
        "ssh-keygen -A > /dev/null; exec /usr/sbin/sshd -D -e -f /dev/null",
        "sshd (port 22)",
    ),
    "supervisord": Case(
        f"{SUPERVISOR} exec supervisord -c /etc/s.conf", "memcached (port 11211), python, supervisord", ("", "", "")
    ),
    "dumb-init": Case(
        "exec dumb-init sh -c 'memcached -u nobody & cron; wait'", "memcached (port 11211), cron", ("", "")
    ),
}
