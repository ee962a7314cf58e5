"""What a system, an image or the kernel does not have or does not allow, in the words of who needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docker.errors import APIError
from docker.types import Ulimit

from tests.faults.draw import Draw
from tests.faults.families.answers import ADVICE, CERTIFICATES, SERVER, site_of
from tests.faults.programs import both, check, exited, logged, node, python, restarted, running, shell, unhealthy, web
from tests.faults.scenario import SVC, Box, Case, Expect, Look, scenario
from tests.faults.site import NotInjected, Site

LOOP = {"restart_policy": {"Name": "unless-stopped"}}
ALSO = ("crash_loop", "restart_policy_absent")
ASKED = "(sleep 1; while :; do curl -s -o /dev/null http://127.0.0.1:{port}/; sleep 0.5; done) & exec nginx -c /etc/nginx/site.conf -g 'daemon off;'"


def one(
    box: Box,
    cause: str,
    details: Mapping[str, object],
    look: Look,
    *,
    siblings: Sequence[str] = (),
    volumes: Mapping[str, Mapping[str, str]] = {},
) -> Case:
    told = Expect(cause, box.name, details, tuple(siblings), accepts=ADVICE)
    return Case((box,), box.name, look, (told,), also=ALSO, networks=box.networks, volumes=volumes)


def looping(name: str, *texts: str) -> Look:
    return both(restarted(name, 2), logged(name, *texts))


# What programs print, word for word, with the cause and what it must name.
PRINTED: tuple[tuple[str, str, str], ...] = (
    (
        "=> Booting Puma\nA server is already running (pid: 17, file: /app/tmp/pids/server.pid).\nExiting",
        "stale_pid_file", "/app/tmp/pids/server.pid",
    ),
    (
        "/usr/local/bin/agent: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /usr/local/bin/agent)",
        "libc_too_old", "GLIBC_2.38",
    ),
    (
        'Exception in thread "main" java.lang.UnsupportedClassVersionError: com/acme/Main has been compiled by a more recent version of'
        " the Java Runtime (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 61.0",
        "java_version_mismatch", "65.0",
    ),
    (
        "Error: The module '/app/node_modules/bcrypt/lib/bcrypt_lib.node'\nwas compiled against a different Node.js version using\n"
        "NODE_MODULE_VERSION 93. This version of Node.js requires\nNODE_MODULE_VERSION 108.",
        "node_abi_mismatch", "93",
    ),
    (
        'pika.exceptions.ChannelClosedByBroker: (406, "PRECONDITION_FAILED - inequivalent arg \'durable\' for queue \'jobs\' in vhost'
        " '/': received 'true' but current is 'false'\")",
        "rabbitmq_precondition_failed", "jobs",
    ),
    ('initdb: error: could not look up effective user ID 4711: user does not exist', "uid_unknown", "4711"),
)  # fmt: skip


@scenario("Y01", "starting", "T1")
def ends_with_these_words(draw: Draw) -> Case:
    """A program of another language gives up, and says why in words of its own."""
    name = draw.name()
    text, cause, value = draw.pick(*PRINTED)
    box = shell(name, "cat /srv/said >&2; exit 1", files={"/srv/said": f"{text}\n"}, options=LOOP)
    details = {"value|path|user|expected": value} if cause != "node_abi_mismatch" else {}
    return one(box, cause, details, restarted(name, 2))


@scenario("Y02", "settings", "T1")
def zone_that_nobody_knows(draw: Draw) -> Case:
    """A variable names a time zone that there is not."""
    name, zone = draw.name(), draw.pick("Europe/Berlinn", "America/NewYork", "Asia/Calcuta")
    code = (
        "import os, zoneinfo\nprint('scheduler starting', flush=True)\nzoneinfo.ZoneInfo(os.environ['APP_TIMEZONE'])\n"
    )
    box = python(name, code, options={**LOOP, "environment": {"APP_TIMEZONE": zone}})
    return one(box, "timezone_unknown", {"value": zone}, looping(name, "No time zone found"))


@scenario("Y03", "settings", "T1")
def locale_of_another_country(draw: Draw) -> Case:
    """A program sets a locale that the image does not have."""
    name, wanted = draw.name(), draw.pick("de_DE.UTF-8", "fr_FR.UTF-8")
    box = python(name, f"import locale\nlocale.setlocale(locale.LC_ALL, '{wanted}')\n", options=LOOP)
    return one(box, "locale_missing", {}, looping(name, "unsupported locale"))


@scenario("Y04", "settings", "T2")
def placeholder_that_nobody_filled(draw: Draw) -> Case:
    """A variable has another one's name in it, as the engine does not fill it."""
    net, name, key = draw.name(), draw.name(), draw.env_key("HOST")
    code = f"setInterval(() => require('net').connect({{host: process.env.{key}, port: 5432}}).on('error', e => console.error('db: ' + e.message)), 600);"
    options = {"environment": {key: draw.pick("${POSTGRES_HOST}", "{{ db.host }}", "$DB_HOST")}}
    box = node(name, code, networks=(net,), options=options)
    return one(box, "env_wrong_value", {"env_key": key}, logged(name, "db: ", times=3))


@scenario("Y05", "limits", "T1")
def kernel_setting_of_its_own(draw: Draw) -> Case:
    """An entrypoint sets a sysctl, which a container may not."""
    name, setting = draw.name(), draw.pick("net.core.somaxconn", "vm.overcommit_memory")
    box = shell(name, f"set -e; echo tuning; sysctl -w {setting}=1; exec sleep 999", options=LOOP)
    return one(box, "sysctl_denied", {"setting": setting}, restarted(name, 2))


@scenario("Y06", "limits", "T2")
def file_that_may_not_grow(draw: Draw) -> Case:
    """A file reaches the ulimit of files' sizes; the disk has room."""
    name, most = draw.name(), draw.mib(1, 4)
    code = (
        "import time, logging\nlogging.basicConfig(level=logging.INFO)\nf = open('/tmp/export.csv', 'ab', buffering=0)\nwhile True:\n"
        "    try: f.write(b'x' * 300000); logging.info('chunk')\n    except OSError as e: logging.error('export: %s', e); time.sleep(0.4)\n"
        "    time.sleep(0.05)\n"
    )
    box = python(name, code, options={"ulimits": [Ulimit(name="fsize", soft=most, hard=most)]})
    return one(box, "file_size_limit", {"setting": "fsize"}, logged(name, "File too large", times=3))


@scenario("Y07", "limits", "T2")
def memory_that_may_not_be_locked(draw: Draw) -> Case:
    """A program locks its memory, and may lock next to none."""
    name = draw.name()
    code = (
        "import ctypes, os, sys\nlibc = ctypes.CDLL(None, use_errno=True)\nif libc.mlock(ctypes.create_string_buffer(4 << 20), 4 << 20):\n"
        "    sys.exit('error: unable to mlock 4194304 bytes: %s' % os.strerror(ctypes.get_errno()))\n"
    )
    ulimits = [Ulimit(name="memlock", soft=65536, hard=65536)]
    box = python(name, code, options={**LOOP, "user": str(draw.between(2000, 9000)), "ulimits": ulimits})
    return one(box, "memlock_limit", {"setting": "memlock"}, looping(name, "unable to mlock"))


@scenario("Y08", "limits", "T2")
def no_local_port_left(draw: Draw) -> Case:
    """A client that closes nothing has used up the few local ports that its sysctl leaves it."""
    net, api, port = draw.name(), draw.name(), draw.port()
    code = (
        f"import socket, time, logging\nlogging.basicConfig(level=logging.INFO)\nheld = []\nwhile True:\n    try: held.append(socket.create_connection(('{api}', {port}), 2))\n"
        f"    except OSError as e: logging.error('connect to {api} failed: %s', e); time.sleep(0.4)\n"
    )
    few = {"net.ipv4.ip_local_port_range": f"40000 400{draw.between(10, 30)}"}
    client = python(draw.name(), code, networks=(net,), options={"sysctls": few})
    told = Expect("ephemeral_ports_exhausted", client.name, {}, accepts=ADVICE)
    look = logged(client.name, "assign requested address", times=3)
    return Case((web(draw, port, name=api, networks=(net,)), client), client.name, look, (told,), networks=(net,))


@scenario("Y09", "network", "T1")
def address_of_somebody_else(draw: Draw) -> Case:
    """A server is told to listen on an address that is none of its own."""
    net, name, port, address = draw.name(), draw.name(), draw.port(), f"10.1.2.{draw.between(2, 250)}"
    code = f"import socket\nsocket.create_server(('{address}', {port}))\n"
    box = python(name, code, networks=(net,), options=LOOP)
    details = {"listen_address": address}
    return one(box, "bind_address_unavailable", details, looping(name, "assign requested address"))


@scenario("Y10", "network", "T2")
def address_that_is_taken(draw: Draw) -> Case:
    """The fixed address that it should have is another container's; its published port is free."""
    net, first, second, port = draw.name(), draw.name(), draw.name(), draw.port()
    ports = {f"{port}/tcp": ("127.0.0.1", draw.host_port())}
    boxes = (
        shell(first, "sleep 999", networks=(net,)),
        shell(second, "sleep 999", networks=(net,), options={"ports": ports}, start=False),
    )

    def begin(site: Site) -> None:
        network = site.engine.networks.get(net)
        network.disconnect(second)
        network.connect(second, ipv4_address=site.address(first, net))
        try:
            site.container(second).start()
        except APIError:
            return
        raise NotInjected("it starts, though its address is taken")

    told = Expect("address_conflict", second, {}, accepts=ADVICE)
    return Case(boxes, second, lambda site: bool(site.state(second)["Error"]), (told,), begin, networks=(net,))


@scenario("Y11", "ending", "T2")
def job_under_the_policy_of_a_service(draw: Draw) -> Case:
    """A job ends well, and its policy starts it again and again."""
    name, policy = draw.name(), draw.pick("always", "unless-stopped")
    script = f"echo 'run begins'; sleep 0.3; echo '{draw.between(3, 999)} rows exported, done'"
    box = shell(name, script, options={"restart_policy": {"Name": policy}})
    return one(box, "job_restarted", {"exit_code": 0}, restarted(name, 3))


@scenario("Y12", "health", "T1")
def check_of_a_page_that_is_not_there(draw: Draw) -> Case:
    """The server is well, and its check asks for a page that it does not have, or wants a login for."""
    name, port, code = draw.name(), draw.port(), draw.pick(401, 404)
    options = {"healthcheck": check("CMD", "curl", "-fsS", f"http://localhost:{port}/{draw.word()}")}
    box = python(name, SERVER, str(port), str(code), serves=port, options=options)
    details = {"value|count|expected": code}
    return one(
        box, "healthcheck_wrong_path", details, unhealthy(name, str(code)), siblings=("healthcheck_failing_app",)
    )


@scenario("Y13", "health", "T2")
def check_by_tls(draw: Draw) -> Case:
    """The check speaks TLS to a server that does not."""
    name, port = draw.name(), draw.port()
    test = check("CMD-SHELL", f"curl -fsSk https://localhost:{port}/ || exit 1")
    box = web(draw, port, name=name, options={"healthcheck": test})
    siblings = ("healthcheck_failing_app", "tls_to_plain_port")
    return one(box, "healthcheck_wrong_scheme", {"port": port}, unhealthy(name, "curl"), siblings=siblings)


def nginx(draw: Draw, server: str, *, before: str = "") -> Box:
    """One that asks itself for its first page, twice a second."""
    port = draw.port()
    script = f"{before}{ASKED.format(port=port)}"
    files = site_of(f"listen {port}; {server}")
    return shell(draw.name(), script, image=SVC, files=files, networks=(draw.name(),), serves=port)


@scenario("Y14", "nginx", "T1")
def page_that_may_not_be_read(draw: Draw) -> Case:
    """The page is there, and nginx' workers may not read it."""
    box = nginx(
        draw, "root /srv/www;", before="mkdir -p /srv/www; echo hi > /srv/www/index.html; chmod 600 /srv/www/*; "
    )
    look = logged(box.name, "13: Permission denied", times=3)
    return one(box, "nginx_file_forbidden", {"path": "/srv/www/index.html"}, look)


@scenario("Y15", "nginx", "T1")
def upstream_by_a_variable(draw: Draw) -> Case:
    """nginx is given its upstream by a variable, and no name server to ask for it."""
    host = draw.word()
    box = nginx(draw, f"location / {{ set $up {host}; proxy_pass http://$up:8000; }}")
    return one(box, "nginx_resolver_missing", {"host": host}, logged(box.name, "no resolver defined", times=3))


@scenario("Y16", "nginx", "T1")
def page_to_fall_back_on(draw: Draw) -> Case:
    """Every page falls back on one that is not there either."""
    box = nginx(draw, "root /srv/none; location / { try_files $uri /index.html; }")
    return one(box, "nginx_redirect_loop", {}, logged(box.name, "redirection cycle", times=3))


@scenario("Y17", "nginx", "T1")
def key_of_another_certificate(draw: Draw) -> Case:
    """The key that nginx is given is not that of its certificate, or its user is not in the image."""
    name, other = draw.name(), draw.pick(True, False)
    files = site_of("listen 8443 ssl; ssl_certificate /tmp/a.pem; ssl_certificate_key /tmp/b.key;")
    if other:
        files = {path: text.replace("www-data", "nginx") for path, text in site_of("listen 8080;").items()}
    script = "exec nginx -c /etc/nginx/site.conf -g 'daemon off;'" if other else CERTIFICATES
    box = shell(name, script, image=SVC, files=files, options=LOOP)
    cause = "nginx_user_missing" if other else "nginx_key_mismatch"
    return one(box, cause, {}, looping(name, "values mismatch", "getpwnam"))


@scenario("Y18", "python", "T1")
def task_of_another_version(draw: Draw) -> Case:
    """A worker is sent tasks that its code does not have."""
    name, task = draw.name(), f"shop.tasks.{draw.word()}"
    text = f"[2026-11-30 11:00:01,412: ERROR/MainProcess] Received unregistered task of type '{task}'."
    box = shell(name, "while :; do cat /srv/said >&2; sleep 0.7; done", files={"/srv/said": f"{text}\n"})
    return one(box, "task_unregistered", {"value": task}, logged(name, "unregistered", times=4))


@scenario("Y19", "settings", "T2")
def root_without_rights(draw: Draw) -> Case:
    """It is root, and may not give files to another, or become another user."""
    name, volume = draw.name(), draw.name()
    bind = {"volumes": {volume: {"bind": "/data", "mode": "rw"}}}
    if draw.pick(True, False):
        box = shell(
            name, "set -e; chown -R 1000:1000 /data; exec sleep 999", options={**LOOP, **bind, "cap_drop": ["CHOWN"]}
        )
    else:
        box = shell(
            name, "exec nginx -c /etc/nginx/site.conf -g 'daemon off;'", image=SVC, files=site_of("listen 8080;"),
            options={**LOOP, **bind, "cap_drop": ["ALL"]},
        )  # fmt: skip
    return one(box, "capability_missing", {}, looping(name, "not permitted", "denied"), volumes={volume: {}})


@scenario("Y20", "disk", "T2")
def database_that_cannot_be_opened(draw: Draw) -> Case:
    """SQLite says that it cannot open its file, and not why: a root that is read-only, another's volume, no folder."""
    name, volume, way = draw.name(), draw.name(), draw.pick("readonly", "owner", "folder")
    place = draw.folder()
    code = (
        f"import sqlite3, time, logging\nlogging.basicConfig(level=logging.INFO)\nlogging.info('store is sqlite:///{place}/app.db')\nwhile True:\n"
        f"    try: sqlite3.connect('{place}/app.db').execute('create table if not exists a (b int)'); logging.info('stored')\n"
        "    except sqlite3.OperationalError as e: logging.error('%s', e)\n    time.sleep(0.5)\n"
    )
    options: dict[str, object] = {"read_only": True} if way == "readonly" else {}
    if way == "owner":
        options = {"user": "1234", "volumes": {volume: {"bind": place, "mode": "rw"}}}
    box = Box(name, ["python3", "-u", "-c", code], options=options)
    cause = {"readonly": "readonly_rootfs", "owner": "permission_denied_nonroot"}.get(way, "sqlite_unopened")
    return one(box, cause, {}, both(running(name), logged(name, "unable to open", times=4)), volumes={volume: {}})


@scenario("Y21", "disk", "T2")
def volume_at_the_place_of_a_file(draw: Draw) -> Case:
    """A volume is mounted where the server has its settings: a folder of that name."""
    name, volume, path = draw.name(), draw.name(), f"/etc/{draw.word()}/nginx.conf"
    options = {**LOOP, "volumes": {volume: {"bind": path, "mode": "ro"}}}
    box = Box(name, ["nginx", "-c", path, "-g", "daemon off;"], options=options)
    return one(box, "mount_directory_for_file", {"mount": path}, looping(name, "Is a directory"), volumes={volume: {}})


@scenario("Y22", "starting", "T1")
def script_with_a_mark(draw: Draw) -> Case:
    """A script begins with a byte order mark, so that the kernel does not see what reads it."""
    name, path = draw.name(), f"{draw.folder()}/run.sh"
    box = Box(name, [path], files={path: "\ufeff#!/bin/sh\nsleep 999\n"})
    return one(box, "exec_format_error", {"path": path}, exited(name))
