"""What servers and runtimes say when they give up, word for word, and what it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import diagnose
from ergon_ops.diagnosis.sayings import SAYINGS
from tests.diagnosis.making import API, causes, found, only, scene

# ruff: noqa: E501
SAID: list[tuple[str, str, dict[str, Any]]] = [
    ("# Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename>", "redis_aof_corrupt", {"path": "appendonly.aof.1.incr.aof", "exit_code": 1}),
    ("# Unexpected end of file reading the append only file. You can: 1) Make a backup", "redis_aof_corrupt", {"service": "redis"}),
    ("# Wrong signature trying to load DB from file: Invalid argument", "redis_rdb_corrupt", {"service": "redis"}),
    (">>> 'maxmemory 3xb'", "redis_config_invalid", {"setting": "maxmemory"}),
    ("DETAIL:  The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 15.20 (Debian 15.20-0+deb12u1).", "pg_data_dir_version_mismatch", {"value": "14", "expected": "15.20"}),
    ("Error: Database is uninitialized and superuser password is not specified.", "pg_password_missing", {"env_key": "POSTGRES_PASSWORD"}),
    ('PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device', "pg_wal_disk_full", {"path": "pg_wal/xlogtemp.29"}),
    ('FATAL:  invalid value for parameter "shared_buffers": "12XB"', "pg_config_invalid", {"setting": "shared_buffers", "value": "12XB"}),
    ('FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership', "pg_data_dir_permission", {"path": "/var/lib/postgresql/data"}),
    ('initdb: error: directory "/var/lib/postgresql/data" exists but is not empty', "pg_data_dir_not_empty", {"path": "/var/lib/postgresql/data"}),
    ("PANIC:  could not locate a valid checkpoint record", "pg_data_corrupt", {"service": "postgres"}),
    ('nginx: [emerg] unknown directive "proxy_pas" in /etc/nginx/conf.d/app.conf:7', "nginx_config_invalid", {"path": "/etc/nginx/conf.d/app.conf", "value": "7"}),
    ('2026/11/30 12:40:46 [emerg] 7#7: "proxy_cache" zone "img" is unknown in /etc/nginx/sites/edge.conf:2', "nginx_config_invalid", {"path": "/etc/nginx/sites/edge.conf", "value": "2", "setting": '"proxy_cache" zone "img" is unknown'}),
    ('2026/11/30 12:40:48 [emerg] 8#8: pcre2_compile() failed: missing closing parenthesis in "(" in /tmp/n.conf:2', "nginx_config_invalid", {"value": "2"}),
    ('2026/11/30 12:40:47 [emerg] 7#7: no servers are inside upstream in /tmp/n.conf:9', "nginx_config_invalid", {"value": "9"}),
    ('2026/11/30 12:40:48 [emerg] 6#6: unknown "nope" variable', "nginx_config_invalid", {"setting": 'unknown "nope" variable'}),
    ('nginx: [emerg] zero size shared memory zone "one"', "nginx_config_invalid", {"service": "nginx"}),
    ('nginx: [emerg] cannot load certificate "/etc/ssl/site.pem": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory)', "nginx_certificate_missing", {"path": "/etc/ssl/site.pem"}),
    ("[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified", "mysql_password_missing", {"env_key": "MYSQL_ROOT_PASSWORD"}),
    ("bootstrap check failure [1] of [1]: max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]", "max_map_count_too_low", {"value": "65530", "expected": "262144"}),
    ("ModuleNotFoundError: No module named 'flask'", "python_module_missing", {"value": "flask", "exit_code": 1}),
    ("/usr/bin/python3: No module named uvicorn", "python_module_missing", {"value": "uvicorn"}),
    ("ImportError: cannot import name 'Flask' from 'app' (/srv/app.py)", "python_import_failed", {"value": "Flask"}),
    ("[ALERT]    (1) : config : parsing [/etc/haproxy.cfg:7] : unknown keyword 'bindd'", "haproxy_config_invalid", {"path": "/etc/haproxy.cfg", "value": "7"}),
    ("[ERROR] mariadbd: unknown variable 'max_conections=5'", "config_invalid", {"setting": "max_conections"}),
    ("node: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory", "shared_library_missing", {"value": "libssl.so.3"}),
    ("SyntaxError: invalid syntax", "python_syntax_error", {"value": "SyntaxError"}),
    ("Error: Cannot find module 'express'", "node_module_missing", {"value": "express"}),
    ("SyntaxError: The requested module './b.mjs' does not provide an export named 'elm'", "node_import_failed", {"value": "elm", "path": "./b.mjs"}),
    ("SyntaxError: Cannot use import statement outside a module", "node_syntax_error", {"value": "SyntaxError"}),
    ("a.rb:2:in `require': cannot load such file -- pg (LoadError)", "ruby_gem_missing", {"value": "pg"}),
    ("Can't locate DBI.pm in @INC (you may need to install the DBI module)", "perl_module_missing", {"value": "DBI.pm"}),
    ("PHP Fatal error: Uncaught Error: Failed opening required '/app/vendor/autoload.php'", "php_file_missing", {"path": "/app/vendor/autoload.php"}),
    ("System.IO.FileNotFoundException: Could not load file or assembly 'Npgsql, Version=8.0.0.0'", "dotnet_assembly_missing", {"value": "Npgsql"}),
    ("tomllib.TOMLDecodeError: Invalid value (at line 1, column 8)", "config_invalid", {"setting": "Invalid value (at line 1, column 8)"}),
    ("Error: Could not find or load main class com.acme.Shop", "java_class_missing", {"value": "com.acme.Shop"}),
    ("Error: Unable to access jarfile /app/shop.jar", "java_jar_missing", {"path": "/app/shop.jar"}),
    ("A server is already running (pid: 1, file: /app/tmp/pids/server.pid).", "stale_pid_file", {"path": "/app/tmp/pids/server.pid"}),
    ("agent: /lib/libc.so.6: version `GLIBC_2.38' not found (required by agent)", "libc_too_old", {"value": "GLIBC_2.38"}),
    ("java.lang.UnsupportedClassVersionError: Main has been compiled by a more recent version of the Java Runtime (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 61.0", "java_version_mismatch", {"value": "65.0", "expected": "61.0"}),
    ("NODE_MODULE_VERSION 93. This version of Node.js requires", "node_abi_mismatch", {"value": "93"}),
    ("(406, \"PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'jobs' in vhost '/'\")", "rabbitmq_precondition_failed", {"value": "jobs", "setting": "durable"}),
    ("initdb: error: could not look up effective user ID 4711: user does not exist", "uid_unknown", {"user": "4711"}),
    ("KeyError: 'getpwuid(): uid not found: 4711'", "uid_unknown", {"user": "4711"}),
    ("locale.Error: unsupported locale setting", "locale_missing", {}),
    ("zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key Europe/Berlinn'", "timezone_unknown", {"value": "Europe/Berlinn"}),
    ("panic: unknown time zone Europe/Berlinn", "timezone_unknown", {"value": "Europe/Berlinn"}),
    ("RangeError: Invalid time zone specified: Europe/Berlinn", "timezone_unknown", {"value": "Europe/Berlinn"}),
    ("sysctl: error setting key 'net.core.somaxconn': Read-only file system", "sysctl_denied", {"setting": "net.core.somaxconn"}),
    ("sh: can't create /proc/sys/net/core/somaxconn: Read-only file system", "sysctl_denied", {"setting": "net/core/somaxconn"}),
    ('[emerg] 1#1: SSL_CTX_use_PrivateKey("/b.key") failed (SSL: error:05800074:x509 certificate routines::key values mismatch)', "nginx_key_mismatch", {"service": "nginx"}),
    ('FATAL:  could not access file "pg_stat_statments": No such file or directory', "pg_config_invalid", {"value": "pg_stat_statments"}),
    ("django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.", "config_invalid", {}),
    ('nginx: [emerg] getpwnam("nginx") failed', "nginx_user_missing", {"user": "nginx"}),
]  # fmt: skip
NOW_SAID = [
    ("2026-11-29 [info] memory resource limit alarm set on node rabbit@a.", "rabbitmq_memory_alarm"),
    ("WARNING: [pool www] server reached pm.max_children setting (5), consider raising it", "php_fpm_max_children"),
    ("[2026-11-29 20:00:00 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:9)", "worker_timeout"),
    (
        "[2026-11-30 14:46:04: ERROR/MainProcess] Received unregistered task of type 'billing.close'.",
        "task_unregistered",
    ),
]


@pytest.mark.parametrize(("line", "cause", "details"), SAID, ids=[cause for _, cause, _ in SAID])
def test_what_kept_it_from_running_is_named(line: str, cause: str, details: dict[str, Any]) -> None:
    told = only(scene("exited", exit_code=1, restart_policy="no", log=[line], log_age_s=61.0))
    assert told.cause == cause
    assert details.items() <= told.details.items()
    assert causes(scene("restarting", exit_code=1, log=[line])) == [cause]


@pytest.mark.parametrize(("line", "cause", "details"), SAID, ids=[cause for _, cause, _ in SAID])
def test_what_was_got_over_is_not_told(line: str, cause: str, details: dict[str, Any]) -> None:
    assert diagnose(scene(log=[line], log_age_s=900.0), API) == ()
    assert cause not in found(scene("exited", exit_code=0, log=[line], log_age_s=61.0))
    assert cause not in found(scene("exited", exit_code=7, log=[line], log_age_s=4000.0))


@pytest.mark.parametrize(("line", "cause"), NOW_SAID)
def test_what_it_says_while_it_runs_is_told_for_a_minute(line: str, cause: str) -> None:
    assert causes(scene(log=[line])) == [cause]
    assert diagnose(scene(log=[line], log_age_s=200.0), API) == ()


def test_each_saying_has_a_line_that_shows_it() -> None:
    often = {saying.cause for saying in SAYINGS if saying.often and saying.when == "now"}
    shown = {*often, "nginx_resolver_missing", *(cause for _, cause, *_ in [*SAID, *NOW_SAID])}
    rare = {"pg_data_missing", "pg_memory_too_small", "rabbitmq_disk_alarm", "search_disk_watermark",
            "apache_workers_exhausted", "listen_queue_full"}  # fmt: skip
    assert {saying.cause for saying in SAYINGS} == shown | rare
