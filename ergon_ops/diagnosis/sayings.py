"""Servers and runtimes that say in their own log why they do not run, or not well: one table, a cause each.

A line proves what was; that it still holds is proven by the second fact: the run ended, is repeated, or the line is of
the last minute while the container is not well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from ergon_ops.diagnosis.disks import path_of
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import ending, exit_code, present
from ergon_ops.facts import Fact, Group
from ergon_ops.findings import Severity
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "signals", "events", "services", "mounts")
When = Literal["down", "now"]


class Saying(NamedTuple):
    """`kind` of signal; `sentence` is filled with what the line names; `details`: of those what it always gives; `fixed`:
    what is always the same. `when`: "down" for what keeps it from running, "now" for what it says while it runs; `often`: only if it is
    said again and again; of what keeps it from running: then also of one that runs, whose children end of it; `last`: said twice is often
    enough where nothing was said since."""

    cause: str
    kind: str
    what: str
    sentence: str
    details: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    when: When = "down"
    often: bool = False
    severity: Severity = "critical"
    over: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    last: bool = False


PG, REDIS, NGINX = (("service", "postgres"),), (("service", "redis"),), (("service", "nginx"),)
# fmt: off
# ruff: noqa: E501
SAYINGS = (
    # redis
    Saying("redis_aof_corrupt", "redis_aof_bad", "redis cannot read its append-only file and does not start.",
           "redis cannot read its append-only file{path} and does not start.", fixed=REDIS),
    Saying("redis_rdb_corrupt", "redis_rdb_bad", "redis cannot read its dump file and does not start.",
           "redis cannot read its dump file and does not start.", fixed=REDIS),
    Saying("redis_config_invalid", "redis_config_bad", "redis does not start for a mistake in its configuration.",
           "redis does not start: there is a mistake in its configuration{setting}.", fixed=REDIS,
           over=("config_invalid",)),
    # PostgreSQL
    Saying("pg_data_dir_version_mismatch", "pg_version_mismatch", "The data were made by another major version of PostgreSQL.",
           "The data were made by PostgreSQL {value}, and this is {expected}: it does not start.", ("value", "expected"), PG,
           fixes=("recreate",)),
    Saying("pg_password_missing", "pg_password_missing", "A new PostgreSQL needs a password and is given none.",
           "A new database needs a password, and POSTGRES_PASSWORD is not set.", ("env_key",),
           (*PG, ("env_key", "POSTGRES_PASSWORD")), over=("env_missing",), fixes=("recreate",)),
    Saying("pg_wal_disk_full", "pg_wal_full", "PostgreSQL has no space left for its write-ahead log.",
           "No space is left for the write-ahead log ({path}).", ("path",), PG, over=("tmpfs_full", "volume_disk_full")),
    Saying("pg_config_invalid", "pg_config_bad", "PostgreSQL does not start for a mistake in its configuration.",
           "It does not start: there is a mistake in its configuration{setting}.", fixed=PG, over=("config_invalid",)),
    Saying("pg_data_dir_permission", "pg_data_denied", "PostgreSQL may not use its data folder as it is.",
           "The data folder {path} has the wrong owner or mode.", ("path",), PG, over=("permission_denied_nonroot",)),
    Saying("pg_data_dir_not_empty", "pg_data_not_empty", "A new PostgreSQL finds files in its data folder that are not its own.",
           "The data folder {path} is not empty, and what is in it is no database.", ("path",), PG),
    Saying("pg_data_missing", "pg_data_missing", "PostgreSQL's data folder holds no database.",
           "The data folder{path} holds no database.", fixed=PG),
    Saying("pg_data_corrupt", "pg_data_bad", "PostgreSQL's data are damaged.", "Its data are damaged.", fixed=PG),
    Saying("pg_memory_too_small", "pg_memory", "PostgreSQL wants more shared memory than it may have.",
           "There is not the memory that shared_buffers asks for.", fixed=PG, over=("shm_too_small",)),
    # nginx
    Saying("nginx_config_invalid", "nginx_config_bad", "nginx does not start for a mistake in its configuration.",
           "nginx does not start for a mistake in its configuration{path}{value}{setting}.", fixed=NGINX,
           over=("config_invalid",)),
    Saying("nginx_certificate_missing", "nginx_certificate", "nginx cannot load a certificate and does not start.",
           "nginx cannot load the certificate {path} and does not start.", ("path",), NGINX,
           over=("file_missing", "config_file_missing")),
    # others
    Saying("nginx_key_mismatch", "nginx_key_mismatch", "The key that nginx is given is not that of its certificate.",
           "nginx does not start: its key is not the one of its certificate.", fixed=NGINX, over=("nginx_certificate_missing", "nginx_config_invalid")),
    Saying("nginx_user_missing", "nginx_user", "The user or group that nginx should work as is not in the image.",
           "nginx does not start: the image knows no user or group {user}, whom its workers should be.", ("user",), NGINX,
           over=("uid_unknown", "config_invalid", "nginx_config_invalid")),
    Saying("nginx_resolver_missing", "nginx_no_resolver", "nginx has no name server to look up an upstream that a variable names.",
           "nginx answers 502: no resolver is set to look up {host}, which a variable of its configuration names.", ("host",),
           (*NGINX, ("setting", "resolver"), ("value", "502")), when="now"),
    Saying("nginx_redirect_loop", "nginx_loop", "nginx redirects a request within itself again and again: the page to fall back on is not there.",
           "nginx answers 500: its configuration leads from {path} to {path} again, as the page to fall back on is not there.", ("path",),
           (*NGINX, ("value", "500")), when="now", often=True),
    Saying("nginx_file_forbidden", "nginx_file_denied", "nginx may not read a file or folder that it should serve.",
           "nginx answers 403: its workers may not read {path}.", ("path",), (*NGINX, ("value", "403")), when="now", often=True),
    Saying("haproxy_config_invalid", "haproxy_config_bad", "haproxy does not start for a mistake in its configuration.",
           "haproxy does not start: there is a mistake in {path}, line {value}.", ("path", "value"), (("service", "haproxy"),),
           over=("config_invalid",)),
    Saying("config_invalid", "config_bad", "A program does not start for a mistake in its configuration file.",
           "It does not start: there is a mistake in its configuration{path}{setting}."),
    Saying("mysql_password_missing", "mysql_password_missing", "A new MySQL or MariaDB needs a password and is given none.",
           "A new database needs a root password, and none of its variables is set.", ("env_key",),
           (("service", "mysql"), ("env_key", "MYSQL_ROOT_PASSWORD")), over=("env_missing",), fixes=("recreate",)),
    Saying("max_map_count_too_low", "search_map_count", "Elasticsearch or OpenSearch needs a higher vm.max_map_count of the host.",
           "The host's vm.max_map_count is {value}, and {expected} are needed: it does not start.", ("setting", "value", "expected"),
           (("setting", "vm.max_map_count"),), fixes=("host_advice",)),
    Saying("rabbitmq_memory_alarm", "rabbitmq_memory", "RabbitMQ is above its memory watermark and blocks publishers.",
           "RabbitMQ is above its memory watermark and blocks publishers.", fixed=(("service", "rabbitmq"),), when="now"),
    Saying("rabbitmq_disk_alarm", "rabbitmq_disk", "RabbitMQ has less free disk than it wants and blocks publishers.",
           "RabbitMQ has less free disk than it wants and blocks publishers.", fixed=(("service", "rabbitmq"),), when="now"),
    Saying("search_disk_watermark", "search_disk", "Elasticsearch or OpenSearch has too little disk left and takes no more.",
           "Its disk watermark is exceeded.", when="now"),
    Saying("php_fpm_max_children", "php_children", "php-fpm has as many children as it may, all of them busy.",
           "php-fpm has reached pm.max_children ({value}).", ("setting", "value"),
           (("service", "php-fpm"), ("setting", "pm.max_children")), when="now", severity="warning"),
    Saying("apache_workers_exhausted", "apache_workers", "Apache has as many workers as it may, all of them busy.",
           "Apache has reached MaxRequestWorkers.", ("setting",),
           (("service", "apache"), ("setting", "MaxRequestWorkers")), when="now", severity="warning"),
    Saying("worker_timeout", "gunicorn_timeout", "gunicorn kills a worker that took longer than its timeout for a request.",
           "A worker took longer than gunicorn's timeout for a request and was killed.", ("setting",),
           (("service", "gunicorn"), ("setting", "timeout")), when="now"),
    Saying("listen_queue_full", "uwsgi_queue", "uWSGI's queue is full: all its workers are busy.",
           "uWSGI's listen queue is full: all its workers are busy.", ("setting",),
           (("service", "uwsgi"), ("setting", "listen")), when="now", over=("accept_backlog_overflow",)),
    Saying("task_unregistered", "task_unregistered", "A Celery worker is sent a task that it does not know: sender and worker are of two versions.",
           "The worker does not know the task {value}, which it is sent: its code is another one than the sender's.", ("value",),
           (("service", "celery"),), when="now", severity="warning"),
    Saying("rabbitmq_precondition_failed", "rabbitmq_precondition", "A queue or exchange is declared otherwise than it is there.",
           "The queue or exchange {value} is there with another {setting} than is declared (PRECONDITION_FAILED).", ("value", "setting"),
           (("service", "rabbitmq"),)),
    # the system in the image, and what the kernel lets a container do
    Saying("timezone_unknown", "zone_unknown", "A time zone is asked for by a name that the image does not know.",
           "The time zone {value} is not known: it is misspelt, or the image has no data of time zones.", ("value",),
           over=("python_module_missing", "env_wrong_value")),
    Saying("locale_missing", "locale_unknown", "A locale is asked for that the image does not have.",
           "The locale that it asks for is not in the image.", fixes=("recreate", "rebuild_advice")),
    Saying("uid_unknown", "uid_unknown", "A program looks up a user, its own or whom it should become, that the image's passwd file does not have.",
           "The user {user} is looked up, and the image's passwd file does not have that one.", ("user",),
           over=("haproxy_config_invalid", "config_invalid"), fixes=("recreate", "rebuild_advice")),
    Saying("sysctl_denied", "sysctl_denied", "It sets a kernel setting itself, which a container may not: the engine has to.",
           "It sets the kernel setting {setting} itself, which no container without privileges may.", ("setting",),
           over=("readonly_rootfs", "mount_readonly", "capability_missing", "permission_denied_nonroot"), fixes=("recreate",)),
    Saying("stale_pid_file", "pid_file", "A pid file of a former run says that it runs already.",
           "It takes itself for running already: a pid file{path} of a former run is still there.",
           fixes=("recreate", "rebuild_advice")),
    # runtimes
    Saying("libc_too_old", "libc_version", "A program was built for a newer C library than the image has.",
           "Its program needs {value}, which the system's libraries in the image do not have: they are older, or of another kind.", ("value",),
           over=("shared_library_missing", "python_import_failed"), fixes=("rebuild_advice",)),
    Saying("java_version_mismatch", "java_version", "Java classes were built for a newer Java than runs them.",
           "Its classes are of version {value}, and this Java knows {expected} at most.", ("value", "expected"),
           over=("java_class_missing",), fixes=("rebuild_advice",)),
    Saying("node_abi_mismatch", "node_abi", "A native module was built for another version of Node.js.",
           "A native module was built for another version of Node.js than runs it.", over=("node_module_missing",),
           fixes=("rebuild_advice",)),
    Saying("python_module_missing", "python_module", "A Python module is not installed in the image.",
           "The Python module {value} is not there.", ("value",), often=True, fixes=("rebuild_advice",)),
    Saying("python_import_failed", "python_name", "A Python module does not have what is imported from it.",
           "{value} cannot be imported: it is not in that module, or two import each other.", ("value",),
           fixes=("rebuild_advice",)),
    Saying("shared_library_missing", "library_missing", "A library of the system that its program needs is not in the image.",
           "The shared library {value} is not in the image.", ("value",), over=("python_import_failed",),
           fixes=("rebuild_advice",)),
    Saying("python_syntax_error", "python_syntax", "A Python file cannot be parsed.", "A file has a {value}.", ("value",),
           fixes=("rebuild_advice",)),
    Saying("node_module_missing", "node_module", "A Node.js module is not installed in the image.",
           "The Node.js module {value} is not there.", ("value",), often=True, over=("file_missing",),
           fixes=("rebuild_advice",)),
    Saying("ruby_gem_missing", "ruby_gem", "A Ruby gem is not installed in the image.",
           "The Ruby gem {value} is not there.", ("value",), often=True, fixes=("rebuild_advice",)),
    Saying("perl_module_missing", "perl_module", "A Perl module is not installed in the image.",
           "The Perl module {value} is not there.", ("value",), often=True, fixes=("rebuild_advice",)),
    Saying("php_file_missing", "php_file", "A file that a PHP program requires is not in the image.",
           "The PHP file {path} is not there.", ("path",), often=True, over=("file_missing",), fixes=("rebuild_advice",)),
    Saying("dotnet_assembly_missing", "dotnet_assembly", "A .NET assembly is not in the image.",
           "The .NET assembly {value} is not there.", ("value",), over=("segfault",), fixes=("rebuild_advice",)),
    Saying("sqlite_locked", "sqlite_locked", "An SQLite file is held locked by another process, longer than anybody waits.",
           "Its SQLite database{path} is locked by another process for longer than it waits.", fixed=(("service", "sqlite"),),
           when="now", often=True, last=True),
    Saying("sqlite_table_missing", "sqlite_table_missing", "A table is not in the SQLite file: its schema was not made, or it is another file.",
           "Its SQLite file has no table {value}: the schema was not made, or it is another file.", ("value",), (("service", "sqlite"),),
           when="now", often=True),
    Saying("sqlite_unopened", "sqlite_unopened", "SQLite cannot open its file: its folder is not there, or may not be written.",
           "SQLite cannot open its database{path}: its folder is not there, or may not be written.", fixed=(("service", "sqlite"),),
           when="now", often=True, fixes=("recreate", "host_advice")),
    Saying("node_import_failed", "node_import", "A JavaScript module does not have what is imported from it.",
           "{value} cannot be imported: {path} does not export it.", ("value", "path"), fixes=("rebuild_advice",)),
    Saying("node_syntax_error", "node_syntax", "A JavaScript file cannot be parsed, or is of the other kind of module.",
           "A file has a {value}.", ("value",), fixes=("rebuild_advice",)),
    Saying("java_class_missing", "java_class", "A Java class is not on the class path.",
           "The Java class {value} is not there.", ("value",), fixes=("rebuild_advice",)),
    Saying("java_jar_missing", "java_jar", "The jar that Java should run is not there.", "The jar {path} is not there.",
           ("path",), over=("file_missing",), fixes=("rebuild_advice", "recreate")),
)
# fmt: on
LAST_S = 30.0
OFTEN = 3
APART_S = 1.0
NAMED = ("path", "setting", "value", "expected", "user", "host")
LEADING = {"path": " {}", "setting": ": {}", "value": ", line {}"}  # how an optional value is led in


def _function(saying: Saying) -> Callable[[Scene, Ref], Iterator[Conclusion]]:
    def concluded(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
        said = list(_said(scene, ref, saying))
        # The line that names most tells it best; a program may say the same in several.
        best = max(said, key=lambda signal: len(signal.values), default=None)
        if best is None or any(key not in dict(saying.fixed) and not best.values.get(key) for key in saying.details):
            return
        values = {**dict(saying.fixed), **best.values}
        if "path" not in values and (path := path_of(scene, ref, best)):
            values["path"] = path
        code = exit_code(scene, ref)
        yield Conclusion(
            summary=_filled(saying.sentence, values, saying.details),
            evidence=(best.fact, *ending(scene, ref), *present(*_second(scene, ref))),
            details={**values, **({"exit_code": code} if code and saying.when == "down" else {})},
        )

    concluded.__doc__ = saying.what
    return concluded


def _said(scene: Scene, ref: Ref, saying: Saying) -> Iterator[Signal]:
    if saying.when == "now":
        told = (signal for signal in scene.signals(ref, saying.kind) if scene.ongoing(ref, signal))
        yield from (item for item in told if item.count >= OFTEN or not saying.often or (saying.last and _still(item)))
    elif scene.troubled(ref):
        yield from (signal for signal in scene.signals(ref, saying.kind) if last_words(scene, ref, signal))
    elif saying.often:
        yield from (
            item for item in scene.signals(ref, saying.kind) if item.count >= OFTEN and scene.ongoing(ref, item)
        )


def _still(signal: Signal) -> bool:
    """Said a second time, a while later, as the last that was said."""
    apart_s = (signal.at or 0.0) - (signal.first or signal.at or 0.0)
    return signal.count > 1 and signal.after == 0 and apart_s > APART_S


def last_words(scene: Scene, ref: Ref, signal: Signal) -> bool:
    """Said shortly before it ended: what was said long before it ended of something else was got over."""
    ended = scene.number(ref, "finished_at") if scene.text(ref, "state") in ("exited", "dead") else None
    return ended is None or signal.at is None or ended - signal.at <= LAST_S


def _second(scene: Scene, ref: Ref) -> Iterator[Fact | None]:
    """What independently says that it is not well, or where: its state, its health, what is mounted there."""
    yield scene.get(ref, "state")
    yield scene.get(ref, "health") if scene.text(ref, "health") == "unhealthy" else None
    yield from (row for row in scene.all(ref, "serving") if row.value == "down")


def _filled(sentence: str, values: dict[str, str], always: tuple[str, ...]) -> str:
    """With values that may be missing led in, or left out with what leads them in."""
    shown = {
        key: values[key] if key in always else LEADING.get(key, "{}").format(values[key]) if values.get(key) else ""
        for key in NAMED
        if key in values or "{" + key + "}" in sentence
    }
    return sentence.format(**{key: shown.get(key, "") for key in NAMED})


for _saying in SAYINGS:
    rule(
        _saying.cause,
        severity=_saying.severity,
        needs=NEEDS,
        details=(*_saying.details, *(key for key, _ in _saying.fixed if key not in _saying.details)),
        tier="T1",
        over=_saying.over,
        fixes=_saying.fixes,
    )(_function(_saying))
