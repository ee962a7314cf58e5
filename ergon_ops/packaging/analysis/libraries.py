"""What programs in other languages than Python and JavaScript ask for: variables and services, by the forms of each."""
# ruff: noqa: E501 - a table of patterns reads best one a line

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.packaging.analysis.evidence import Evidence, Need, Variable
from ergon_ops.packaging.analysis.needs import SCHEMES, URL
from ergon_ops.packaging.analysis.sources import SECRET
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative, shown

ENDINGS = {
    "go": (".go",), "rust": (".rs",), "java": (".java", ".kt", ".properties", ".yml", ".yaml"),
    "kotlin": (".kt", ".conf", ".yaml"), "scala": (".scala", ".conf"), "ruby": (".rb", ".ru", "database.yml"),
    "php": (".php",), "csharp": (".cs", "appsettings.json"), "fsharp": (".fs", "appsettings.json"),
    "elixir": (".ex", ".exs"), "typescript": (".ts",),
}  # fmt: skip
READS = re.compile(
    r"os\.(?:Getenv|LookupEnv)\(\s*\"(\w+)\"|env::var(?:_os)?\(\s*\"(\w+)\"|System\.getenv\(\s*\"(\w+)\"|"
    r"ENV(?:\.fetch\(\s*|\[\s*)['\"](\w+)['\"]|\bgetenv\(\s*['\"](\w+)['\"]|GetEnvironmentVariable\(\s*\"(\w+)\"|"
    r"Deno\.env\.get\(\s*['\"](\w+)['\"]|\$_(?:ENV|SERVER)\[\s*['\"]([A-Z]\w*)['\"]|System\.(?:get_env|fetch_env!?)\(\s*\"(\w+)\"|"
    r"`[^`\n]*\benv(?:config)?:\"([A-Z]\w*)"
)
# `${JDBC_URL}` and `${PORT:8080}` in the settings of Spring, Quarkus, Ktor; `${?PORT}` in those of Lightbend.
FILLED = re.compile(r"\$\{\??([A-Z][A-Z0-9_]*)(?::[^}]*)?\}")
SETTINGS = re.compile(r"(?:^|/)(?:application|bootstrap|reference)[\w-]*\.(?:ya?ml|properties|conf)$")
LIBRARIES = {
    "redis": r"go-redis|redigo|rueidis|jedis|lettuce|starter-data-redis|quarkus-redis|redisson|predis|ext-redis|StackExchange\.Redis"
    r"|:redix\b|gem\s+['\"](?:redis|sidekiq|resque|hiredis)|(?m:^(?:redis|fred|deadpool-redis)\s*=)",
    "postgres": r"lib/pq|jackc/pgx|gorm\.io/driver/postgres|org\.postgresql|jdbc-postgresql|reactive-pg|gem\s+['\"]pg['\"]|Npgsql"
    r"|:postgrex|ext-pgsql|ext-pdo_pgsql|(?m:^(?:tokio-)?postgres\s*=)|(?m:^(?:sqlx|diesel|sea-orm|diesel-async)\b.*\"(?:sqlx-)?postgres)",
    "mysql": r"go-sql-driver/mysql|gorm\.io/driver/mysql|mysql-connector|jdbc-mysql|mariadb-java|gem\s+['\"](?:mysql2|trilogy)"
    r"|EntityFrameworkCore\.MySql|MySqlConnector|MySql\.Data|:myxql|ext-mysqli|ext-pdo_mysql|(?m:^(?:sqlx|diesel|sea-orm)\b.*\"(?:sqlx-)?mysql)",
    "mongodb": r"mongo-driver|mongodb-driver|starter-data-mongodb|gem\s+['\"]mongo|MongoDB\.Driver|mongodb/mongodb|:mongodb_driver"
    r"|(?m:^mongodb\s*=)",
    "rabbitmq": r"amqp091-go|streadway/amqp|starter-amqp|gem\s+['\"](?:bunny|sneakers)|RabbitMQ\.Client|php-amqplib|(?m:^lapin\s*=)",
    "kafka": r"kafka-go|sarama|franz-go|confluent-kafka-go|spring-kafka|kafka-clients|Confluent\.Kafka|gem\s+['\"](?:ruby-kafka|rdkafka|karafka)"
    r"|(?m:^rdkafka\s*=)",
    "elasticsearch": r"go-elasticsearch|starter-data-elasticsearch|gem\s+['\"](?:elasticsearch|searchkick)|Elastic\.Clients|elasticsearch/elasticsearch",
    "memcached": r"gomemcache|spymemcached|gem\s+['\"]dalli",
    "nats": r"nats-io/nats\.go|jnats|NATS\.(?:Net|Client)|(?m:^(?:async-)?nats\s*=)",
    "mqtt": r"eclipse/paho\.mqtt|paho\.client\.mqtt|MQTTnet|(?m:^rumqttc\s*=)",
}
# PHP needs no library for these.
SPOKEN = {
    "mysql": r"['\"]mysql:[^'\"]*host=|\bnew\s+mysqli\(|\bmysqli_connect\(",
    "postgres": r"['\"]pgsql:[^'\"]*host=|\bpg_p?connect\(",
    "redis": r"\bnew\s+\\?Redis\(",
    "memcached": r"\bnew\s+\\?Memcached\(",
}
BUILD_FILES = (
    "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "build.sbt", "Gemfile", "composer.json",
    "mix.exs",
)  # fmt: skip


def ruby_of(tree: Tree, folder: str) -> tuple[str, tuple[str, ...]]:
    """The version of Ruby that is asked for (`3.2`, '' where any will do), and what its packages are installed by."""
    said = (
        tree.text(inside(folder, ".ruby-version")),
        *re.findall(r"(?m)^\s*ruby\s+(.+)$", tree.text(inside(folder, "Gemfile"))),
    )
    found = next((match for text in said if (match := re.search(r"(\d+\.\d+)", text))), None)
    beside = tuple(name for name in ("Gemfile.lock", ".ruby-version") if name in tree.names(folder))
    return found[1] if found else "", beside


def files(tree: Tree, folder: str, language: str) -> Iterator[str]:
    """Sources and settings of one language; no tests."""
    for path in tree.under(folder, *ENDINGS.get(language, ())):
        if not aside(relative(path, folder)) and not path.endswith("_test.go"):
            yield path


def variables(tree: Tree, folder: str, language: str) -> tuple[Variable, ...]:
    found: dict[str, Variable] = {}
    for path in files(tree, folder, language):
        pattern = FILLED if SETTINGS.search(path) else READS
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for match in pattern.finditer(line) if "$" in line or "env" in line.lower() else ():
                name = next(part for part in match.groups() if part)
                evidence = Evidence(path, number, shown(line))
                found.setdefault(name, Variable(name, False, bool(SECRET.search(name)), evidence))
    return tuple(sorted(found.values()))


def asked(tree: Tree, folder: str, marker: str, kind: str) -> Iterator[Need]:
    """Services by the libraries of the build file, by addresses in settings, and for PHP by what its sources open."""
    for path in dict.fromkeys((marker, *(inside(folder, name) for name in BUILD_FILES))):
        yield from _told(tree, path, LIBRARIES)
    if kind == "wordpress":
        yield Need("mysql", Evidence(marker))
    for path in tree.under(folder, ".properties", "application.yml", "application.yaml"):
        if match := URL.search(tree.text(path)):
            yield Need(SCHEMES[match[1]], tree.line(path, tree.text(path).count("\n", 0, match.start()) + 1))
    if marker.endswith((".php", "composer.json", "artisan")):
        for path in files(tree, folder, "php"):
            yield from _told(tree, path, SPOKEN)


def _told(tree: Tree, path: str, table: dict[str, str]) -> Iterator[Need]:
    text = tree.text(path)
    for service, pattern in table.items() if text else ():
        if match := re.search(pattern, text):
            yield Need(service, tree.line(path, text.count("\n", 0, match.start()) + 1))
