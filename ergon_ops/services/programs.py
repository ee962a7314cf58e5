"""The one table of programs: what they are called, what they do, where they usually listen.

`verified` means seen by these tests as the real program on a real engine; the others are known by name only.
"""

from __future__ import annotations

import re
from typing import Literal

from ergon_ops.dataclass import dataclass

Nature = Literal["server", "runtime", "infra", "wrapper", "init", "helper", "unknown"]
# server: is a service, with or without a port · runtime: runs somebody's program · infra: cron, sshd, supervisors
# wrapper: transparent, its children count · init: the same, and never named · helper: a command that comes and goes


@dataclass(frozen=True, slots=True)
class Program:
    """`name` is what a person hears; `kind` a role of the manifest; `images` repository names that run it."""

    name: str
    kind: str
    ports: tuple[int, ...] = ()
    executables: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    nature: Nature = "server"
    label: str = ""
    debug_ports: tuple[int, ...] = ()

    @property
    def verified(self) -> bool:
        return self.name in VERIFIED

    @property
    def title(self) -> str:
        return self.label or self.name


def _server(name: str, kind: str, ports: str, executables: str = "", images: str = "", *, label: str = "") -> Program:
    numbers = tuple(int(port) for port in ports.split())
    files = tuple((executables or name).split())
    return Program(name, kind, numbers, files, tuple((images or name).split()), "server", label)


VERSION_TAIL = re.compile(r"[-_]?\d[\d.]*$")
VERIFIED = frozenset(
    {
        *("nginx", "apache", "caddy", "haproxy", "lighttpd", "busybox-httpd"),
        *("redis", "memcached", "postgres", "mariadb", "etcd", "rabbitmq", "nats", "mosquitto"),
        *("python", "node", "ruby", "php-fpm", "dnsmasq", "cron", "sshd", "supervisord"),
    }
)
# Frameworks that were seen as the real thing, by runtime.
VERIFIED_DETAILS = frozenset({"", "uvicorn", "gunicorn", "hypercorn", "flask", "django", "celery", "puma"})

PROGRAMS: tuple[Program, ...] = (
    # in front
    _server("nginx", "web", "80 443 8080", "nginx openresty angie", "nginx nginx-unprivileged openresty angie"),
    _server("apache", "web", "80 443", "apache2 httpd apache", "httpd apache2 apache", label="Apache httpd"),
    _server("caddy", "web", "80 443 2019"),
    _server("lighttpd", "web", "80 443"),
    _server("haproxy", "proxy", "80 443 8404 1936"),
    _server("traefik", "proxy", "80 443 8080"),
    _server("envoy", "proxy", "10000 9901 15001 15006"),
    _server("varnish", "proxy", "80 6081 6082", "varnishd cache-main", "varnish"),
    _server("squid", "proxy", "3128"),
    _server("kong", "proxy", "8000 8443 8001"),
    _server("oauth2-proxy", "proxy", "4180"),
    _server("cloudflared", "proxy", "", "cloudflared"),
    _server("busybox-httpd", "web", "80", "busybox-httpd", "busybox-httpd", label="busybox httpd"),
    # stores
    _server("redis", "cache", "6379", "redis-server redis-sentinel", "redis redis-stack redis-stack-server"),
    _server("valkey", "cache", "6379", "valkey-server", "valkey"),
    _server("keydb", "cache", "6379", "keydb-server", "keydb"),
    _server("dragonfly", "cache", "6379"),
    _server("memcached", "cache", "11211"),
    _server(
        "postgres",
        "database",
        "5432",
        "postgres postmaster postgresql",
        "postgres postgresql postgis timescaledb pgvector",
        label="PostgreSQL",
    ),
    _server("pgbouncer", "proxy", "6432 5432"),
    _server("mysql", "database", "3306 33060", "mysqld mysqld_safe", "mysql mysql-server percona", label="MySQL"),
    _server("mariadb", "database", "3306", "mariadbd mariadbd-safe", "mariadb", label="MariaDB"),
    _server("mongodb", "database", "27017", "mongod mongos", "mongo mongodb", label="MongoDB"),
    _server("clickhouse", "database", "8123 9000 9009", "clickhouse clickhouse-server", "clickhouse clickhouse-server"),
    _server("cockroachdb", "database", "26257 8080", "cockroach", "cockroach cockroachdb"),
    _server("influxdb", "database", "8086", "influxd", "influxdb"),
    _server("couchdb", "database", "5984 4369", "couchdb", "couchdb"),
    _server("cassandra", "database", "9042 7000 7199"),
    _server("neo4j", "database", "7474 7687"),
    _server("elasticsearch", "database", "9200 9300"),
    _server("opensearch", "database", "9200 9300 9600"),
    _server("meilisearch", "database", "7700"),
    _server("qdrant", "database", "6333 6334"),
    _server("solr", "database", "8983"),
    _server("mssql", "database", "1433", "sqlservr", "mssql mssql-server", label="SQL Server"),
    _server("etcd", "store", "2379 2380"),
    _server("consul", "store", "8500 8600 8300 8301"),
    _server("vault", "store", "8200 8201"),
    _server("zookeeper", "store", "2181 2888 3888"),
    _server("minio", "store", "9000 9001", "minio", "minio", label="MinIO"),
    _server("registry", "store", "5000", "registry"),
    # queues
    _server("rabbitmq", "queue", "5672 15672 15692 5671", "rabbitmq-server rabbitmq", "rabbitmq", label="RabbitMQ"),
    _server("kafka", "queue", "9092 9093", "kafka-server-start.sh", "kafka cp-kafka", label="Kafka"),
    _server("nats", "queue", "4222 8222 6222", "nats-server", "nats"),
    _server("mosquitto", "queue", "1883 8883", "mosquitto", "eclipse-mosquitto mosquitto"),
    _server("activemq", "queue", "61616 8161"),
    _server("emqx", "queue", "1883 18083"),
    # applications that are known by their own name
    _server("php-fpm", "app", "9000", "php-fpm php-fpm8 php-fpm7", "php-fpm"),
    _server("grafana", "app", "3000", "grafana grafana-server"),
    _server("prometheus", "app", "9090"),
    _server("alertmanager", "app", "9093 9094"),
    _server("loki", "app", "3100"),
    _server("tempo", "app", "3200"),
    _server("jaeger", "app", "16686 4317 4318", "jaeger jaeger-all-in-one all-in-one-linux"),
    _server("node-exporter", "app", "9100", "node_exporter", "node-exporter"),
    _server("cadvisor", "app", "8080"),
    _server("gitea", "app", "3000 22"),
    _server("jenkins", "app", "8080 50000"),
    _server("keycloak", "app", "8080 8443 9000"),
    _server("nextcloud", "app", "80"),
    _server("ollama", "app", "11434"),
    _server("coredns", "app", "53"),
    _server("dnsmasq", "app", "53"),
    _server("postfix", "app", "25 587", "master postfix", "postfix"),
    _server("mailhog", "app", "1025 8025", "MailHog mailhog", "mailhog"),
    _server("fluent-bit", "app", "2020", "fluent-bit"),
    _server("vector", "app", "8686", "vector"),
    _server("telegraf", "worker", "", "telegraf"),
    _server("filebeat", "worker", "", "filebeat"),
    _server("promtail", "worker", "9080", "promtail"),
    # runtimes: the program is somebody's own
    Program(
        "python",
        "app",
        (8000, 5000),
        ("python", "pypy", "ipython"),
        nature="runtime",
        debug_ports=(5678,),
    ),
    Program("node", "app", (3000, 8080), ("node", "nodejs"), nature="runtime", debug_ports=(9229, 5858)),
    Program("java", "app", (8080, 8443), ("java",), nature="runtime", debug_ports=(5005, 8000)),
    Program("ruby", "app", (3000, 9292), ("ruby", "jruby"), nature="runtime"),
    Program("php", "app", (8000,), ("php",), nature="runtime"),
    Program("deno", "app", (8000,), ("deno",), nature="runtime"),
    Program("bun", "app", (3000,), ("bun",), nature="runtime"),
    Program("dotnet", "app", (8080, 5000), ("dotnet",), nature="runtime"),
    Program("perl", "app", (), ("perl",), nature="runtime"),
    Program("erlang", "app", (), ("beam.smp", "beam", "erl", "erlexec"), nature="runtime"),
    # beside the others
    Program("cron", "job", (), ("cron", "crond", "supercronic", "anacron"), nature="infra"),
    Program("sshd", "app", (22, 2222), ("sshd", "dropbear"), nature="infra"),
    Program("supervisord", "app", (9001,), ("supervisord",), nature="infra"),
    Program("syslog", "app", (514,), ("rsyslogd", "syslogd", "syslog-ng", "busybox-syslogd"), nature="infra"),
)

# What a runtime's script, module or title says about the program it runs.
FRAMEWORKS: dict[str, tuple[str, str]] = {
    "uvicorn": ("python", "uvicorn"), "gunicorn": ("python", "gunicorn"), "hypercorn": ("python", "hypercorn"),
    "daphne": ("python", "daphne"), "celery": ("python", "celery"), "celeryd": ("python", "celery"),
    "flask": ("python", "flask"), "fastapi": ("python", "fastapi"), "granian": ("python", "granian"),
    "waitress-serve": ("python", "waitress"), "streamlit": ("python", "streamlit"), "jupyter": ("python", "jupyter"),
    "jupyter-lab": ("python", "jupyter"), "airflow": ("python", "airflow"), "uwsgi": ("python", "uwsgi"),
    "rq": ("python", "rq"), "dramatiq": ("python", "dramatiq"), "http.server": ("python", "http.server"),
    "django-admin": ("python", "django"), "manage.py": ("python", "django"), "supervisord": ("supervisord", ""),
    "puma": ("ruby", "puma"), "unicorn": ("ruby", "unicorn"), "unicorn_rails": ("ruby", "unicorn"),
    "sidekiq": ("ruby", "sidekiq"), "rails": ("ruby", "rails"), "thin": ("ruby", "thin"),
    "rackup": ("ruby", "rack"), "resque": ("ruby", "resque"), "passenger": ("ruby", "passenger"),
    "next": ("node", "next"), "next-server": ("node", "next"), "nuxt": ("node", "nuxt"), "vite": ("node", "vite"),
    "nest": ("node", "nest"), "http-server": ("node", "http-server"), "serve": ("node", "serve"),
    "artisan": ("php", "laravel"),
}  # fmt: skip

# Java: the main class or the archive tells; a name of PROGRAMS makes it that program.
JAVA_MAINS: tuple[tuple[str, str, str], ...] = (
    ("kafka.Kafka", "kafka", ""), ("kafka.server", "kafka", ""), ("QuorumPeerMain", "zookeeper", ""),
    ("ZooKeeperServerMain", "zookeeper", ""), ("org.elasticsearch", "elasticsearch", ""),
    ("org.opensearch", "opensearch", ""), ("CassandraDaemon", "cassandra", ""), ("org.neo4j", "neo4j", ""),
    ("jenkins.war", "jenkins", ""), ("activemq", "activemq", ""), ("solr", "solr", ""), ("keycloak", "keycloak", ""),
    ("catalina", "java", "tomcat"), ("org.eclipse.jetty", "java", "jetty"),
    ("org.springframework.boot", "java", "spring"), ("spring", "java", "spring"), ("quarkus", "java", "quarkus"),
    ("org.apache.spark", "java", "spark"), ("org.apache.flink", "java", "flink"), ("logstash", "java", "logstash"),
)  # fmt: skip


def _files(text: str) -> frozenset[str]:
    return frozenset(text.split())


INITS = _files(
    "tini docker-init dumb-init catatonit s6-svscan s6-supervise s6-linux-init-shutdownd s6-ipcserverd "
    "s6-overlay-suexec init runsvdir runsv svscan supervise pause systemd multirun"
)
WRAPPERS = _files(
    "sh bash dash ash zsh ksh fish su sudo gosu su-exec setpriv runuser env nice ionice timeout xargs stdbuf chroot "
    "unshare entrypoint.sh docker-entrypoint.sh docker-entrypoi start.sh run.sh npm yarn pnpm npx pm2 nodemon tsx "
    "foreman honcho circusd dockerize wait-for-it.sh wait-for mysqld_safe mariadbd-safe rabbitmq-server bundle "
    "poetry uv pipenv strace watch flock script busybox setsid nohup exec confd envconsul dotenv"
)
# They listen, but never for anybody's sake.
PLUMBING = _files("epmd erl_child_setup inet_gethost")
HELPERS = _files(
    "sleep tail cat curl wget grep sed awk gawk mawk ps top htop ls date find tar gzip cp mv rm mkdir chmod chown "
    "tee less more vi vim nano ping dig nslookup ip ss netstat psql pg_isready pg_dump redis-cli valkey-cli mysql "
    "mysqladmin mariadb mariadb-admin mongosh mongo rabbitmqctl rabbitmq-diagnostics celery-healthcheck healthcheck "
    "true false yes apt apt-get apk dpkg pip git make inotifywait logrotate epmd erl_child_setup inet_gethost "
    "pinger kubectl docker grpc_health_probe dumpcap tcpdump lsof id test expr sort head wc cut tr printf echo sync "
    "mountpoint seq"
)

# Names that are also plain words: no good for reading a person's question or a manifest.
EVERYDAY = _files("serve next nest thin passenger master erl")
# Runs beside the application under the same runtime; missing is missing, whatever else that runtime serves.
BACKGROUND = _files("celery sidekiq rq dramatiq resque")

BY_NAME: dict[str, Program] = {program.name: program for program in PROGRAMS}
READABLE: dict[str, str] = {file: program.name for program in PROGRAMS for file in (program.name, *program.executables)}
READABLE |= {word: name for word, (name, _) in FRAMEWORKS.items()} | {"apache2": "apache", "pg": "postgres"}
READABLE = {word: name for word, name in READABLE.items() if word not in EVERYDAY}
BY_FILE: dict[str, Program] = {file: program for program in PROGRAMS for file in program.executables}
BY_IMAGE: dict[str, Program] = {image: program for program in PROGRAMS for image in program.images}
KIND_ORDER = {"proxy": 0, "web": 0, "app": 1, "queue": 2, "cache": 2, "database": 2, "store": 2, "worker": 3, "job": 4}


def program_named(file: str) -> Program | None:
    """By an executable's name, with or without a version behind it: `python3.11`, `php-fpm8.2`."""
    for name in (file, VERSION_TAIL.sub("", file)):
        if found := BY_FILE.get(name):
            return found
    return None


def canonical(name: str) -> str:
    """The spoken name of a program however it was written: `uvicorn` → python, `redis-server` → redis."""
    word = name.strip().lower()
    return READABLE.get(word) or READABLE.get(VERSION_TAIL.sub("", word)) or word


def image_program(image: str) -> Program | None:
    """What the image's own name says it runs: exactly a program's name, never a part of one."""
    repository = re.split(r"@|:(?=[^/]*$)", image, maxsplit=1)[0]
    return BY_IMAGE.get(repository.rpartition("/")[2].lower())
