"""What can be mended: faults that end when the right change is made, and changes that make it worse.

The programs are those of the scenarios, except that they have enough at some point: a leak is not cured by a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.draw import MIB, Draw
from tests.faults.families.cpu import PY_BURSTS, throttling
from tests.faults.families.memory import PY_GROW
from tests.faults.families.stores import redis, storing
from tests.faults.programs import both, check, client, logged, memory, python, restarted, running, shell, web
from tests.faults.scenario import SVC, Box, Case, Look
from tests.faults.site import Site

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Treatment:
    """`kind` and `arguments`: a change that is accepted; one of that kind that we propose by ourselves is preferred,
    unless `ours` is false. `target`: whom it is made to. `cured`: symptom and cause are gone. `ends`: how the change
    must end; for a regression that is `rolled_back`."""

    case: Case
    kind: str
    arguments: Mapping[str, Any]
    cured: Look
    target: str = ""
    ours: bool = True
    ends: tuple[str, ...] = ("kept",)
    reversible: bool = True

    @property
    def about(self) -> str:
        return self.target or self.case.ask


TREATMENTS: dict[str, Callable[[Draw], Treatment]] = {}


def treatment(id: str) -> Callable[[Callable[[Draw], Treatment]], Callable[[Draw], Treatment]]:
    def declare(build: Callable[[Draw], Treatment]) -> Callable[[Draw], Treatment]:
        TREATMENTS[id] = build
        return build

    return declare


def one(box: Box, symptom: Look, **more: Any) -> Case:
    return Case((box,), box.name, symptom, **more)


def config(name: str, *path: str) -> Callable[[Site], Any]:
    """A value of the container's HostConfig."""

    def look(site: Site) -> Any:
        value: Any = site.inspect(name)["HostConfig"]
        for part in path:
            value = value[part]
        return value

    return look


def made_anew(name: str, code: str, **options: Any) -> Box:
    """A Python program that is part of the command: what was put into a container is lost when it is made anew."""
    return Box(name, ["python3", "-u", "-c", code], options=options)


@treatment("R04")
def more_memory_ends_the_loop(draw: Draw) -> Treatment:
    name, size = draw.name(), draw.mib(48, 60)
    code = PY_GROW.replace(
        "while True:\n    time.sleep(1)", "print('all loaded', flush=True)\nwhile True: time.sleep(1)"
    )
    options = memory(size, restart_policy={"Name": "always"})
    box = python(name, code, str(MIB), "0", str(size - 3 * MIB), options=options)
    arguments = {"memory_bytes": 2 * size}
    cured = both(running(name), lambda site: site.logs(name).rstrip().endswith("all loaded"))
    return Treatment(one(box, restarted(name, 2)), "set_memory_limit", arguments, cured)


@treatment("R03")
def more_memory_for_children(draw: Draw) -> Treatment:
    name, size = draw.name(), draw.mib(40, 60)
    script = f"while :; do python3 -c 'x = bytearray({size - 3 * MIB})' && echo batch done || echo batch killed; sleep 1; done"
    box = shell(name, script, image=SVC, options=memory(size))
    cured = lambda site: site.logs(name).rstrip().endswith("done\nbatch done")  # noqa: E731
    return Treatment(one(box, logged(name, "killed", times=2)), "set_memory_limit", {"memory_bytes": 2 * size}, cured)


@treatment("R05")
def more_cpu(draw: Draw) -> Treatment:
    name = draw.name()
    options = {"nano_cpus": draw.between(30, 60) * 10**6, "cpu_shares": 4096}
    box = python(name, PY_BURSTS, "1", "0.01", options=options)
    symptom: Look = lambda site: throttling(site, name) > 0.5  # noqa: E731
    cured: Look = lambda site: throttling(site, name) < 0.25 and config(name, "NanoCpus")(site) > options["nano_cpus"]  # noqa: E731
    return Treatment(one(box, symptom), "set_cpu_limit", {"nano_cpus": 10**9}, cured)


@treatment("R07")
def more_processes(draw: Draw) -> Treatment:
    name, limit = draw.name(), draw.between(16, 24)
    code = (
        "import os, time\nleft = 28\nwhile left:\n    try:\n        if os.fork() == 0: time.sleep(3600)\n        left -= 1\n"
        "    except OSError as problem: print('cannot start a worker:', problem, flush=True); time.sleep(0.5)\n"
        "print('all workers up', flush=True)\nwhile True: time.sleep(1)\n"
    )
    box = python(name, code, options={"pids_limit": limit, "network_mode": "none"})
    symptom = logged(name, "cannot start", times=2)
    return Treatment(one(box, symptom), "set_pids_limit", {"pids": 64}, logged(name, "all workers up"))


@treatment("P13")
def a_restart_policy(draw: Draw) -> Treatment:
    name, code = draw.name(), draw.exit_code()
    box = shell(name, f"sleep 0.2; echo gone; exit {code}")
    cured: Look = lambda site: config(name, "RestartPolicy", "Name")(site) in ("always", "unless-stopped", "on-failure")  # noqa: E731
    symptom: Look = lambda site: site.state(name)["Status"] == "exited"  # noqa: E731
    return Treatment(one(box, symptom), "set_restart_policy", {"name": "unless-stopped"}, cured)


@treatment("P10")
def unpaused(draw: Draw) -> Treatment:
    box = Box(draw.name(), ["sleep", "3600"])
    case = one(box, lambda site: site.state(box.name)["Paused"], inject=lambda site: site.pause(box.name))
    cured: Look = lambda site: not site.state(box.name)["Paused"]  # noqa: E731
    return Treatment(case, "unpause", {}, cured, reversible=False)


@treatment("N07")
def peer_started(draw: Draw) -> Treatment:
    net, peer, port = draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(net,))
    asker = client(draw, f"http://{peer}:{port}/", networks=(net,))
    gone = logged(asker.name, "not known", "ENOTFOUND", "EAI_AGAIN", "name resolution")
    case = Case((server, asker), asker.name, gone, networks=(net,), inject=lambda s: s.container(peer).stop(timeout=0))
    return Treatment(case, "start", {}, _answered(asker.name), target=peer, reversible=False)


@treatment("N08")
def connected(draw: Draw) -> Treatment:
    here, there, peer, port = draw.name(), draw.name(), draw.name(), draw.port()
    server = web(draw, port, name=peer, networks=(there,))
    asker = client(draw, f"http://{peer}:{port}/", networks=(here,))
    gone = logged(asker.name, "not known", "ENOTFOUND", "EAI_AGAIN", "name resolution")
    case = Case((server, asker), asker.name, gone, networks=(here, there))
    return Treatment(case, "connect_network", {"network": there}, _answered(asker.name))


def _answered(name: str) -> Look:
    return lambda site: " 200" in "".join(site.logs(name).splitlines()[-2:])


@treatment("S01")
def eviction(draw: Draw) -> Treatment:
    net, store = draw.name(), draw.name()
    server = redis(store, net, "--maxmemory", "3mb", "--maxmemory-policy", "noeviction", "--save", "")
    asker = storing(draw, net, store)
    case = Case((server, asker), store, logged(asker.name, "command not allowed"), networks=(net,))
    arguments = {"service": "redis", "setting": "maxmemory-policy", "value": "allkeys-lru"}
    cured: Look = lambda site: site.sh(store, "redis-cli set probe 1").strip() == "OK"  # noqa: E731
    return Treatment(case, "app_setting", arguments, cured, ours=False)


@treatment("R12")
def more_shared_memory(draw: Draw) -> Treatment:
    name, size = draw.name(), draw.mib(2, 4)
    script = "while ! dd if=/dev/zero of=/dev/shm/index bs=1M count=8 2>/tmp/said; do cat /tmp/said; sleep 1; done; echo indexed; exec sleep 3600"
    box = shell(name, script, image=SVC, options={"shm_size": size})
    patch = {"patch": {"shm_size": 64 * MIB}}
    return Treatment(one(box, logged(name, "No space left")), "recreate", patch, logged(name, "indexed"))


@treatment("R10")
def larger_tmpfs(draw: Draw) -> Treatment:
    name, folder = draw.name(), draw.folder()
    script = f"while ! dd if=/dev/zero of={folder}/index bs=1M count=4 2>/tmp/said; do cat /tmp/said; sleep 1; done; echo indexed; exec sleep 3600"
    box = shell(name, script, image=SVC, options={"tmpfs": {folder: "size=3m"}})
    patch = {"patch": {"mounts": [{"target": folder, "type": "tmpfs", "size_bytes": 32 * MIB}]}}
    return Treatment(one(box, logged(name, "No space left")), "recreate", patch, logged(name, "indexed"))


@treatment("P09")
def an_init(draw: Draw) -> Treatment:
    name, count = draw.name(), draw.between(8, 14)
    code = (
        f"import os, time\nfor _ in range({count}):\n    if os.fork() == 0:\n        if os.fork() == 0: time.sleep(0.2)\n"
        "        os._exit(0)\n    os.wait()\nprint('served', flush=True)\nwhile True: time.sleep(1)\n"
    )
    box = made_anew(name, code, network_mode="none")
    zombies: Callable[[Site], int] = lambda site: site.sh(name, "cat /proc/[0-9]*/stat").count(") Z ")  # noqa: E731
    cured: Look = lambda site: "served" in site.logs(name) and zombies(site) == 0  # noqa: E731
    return Treatment(one(box, lambda site: zombies(site) >= count), "recreate", {"patch": {"init": True}}, cured)


@treatment("H02")
def another_check(draw: Draw) -> Treatment:
    name, port = draw.name(), draw.port()
    options = {"healthcheck": check("CMD", "curl", f"http://127.0.0.1:{port}/")}
    box = shell(name, f"exec httpd -f -p {port} -h /etc", serves=port, options=options)
    test = {
        "test": ["CMD-SHELL", f"wget -q -O /dev/null http://127.0.0.1:{port}/passwd"],
        "interval_s": 1,
        "timeout_s": 2,
        "retries": 2,
    }
    health: Callable[[Site], str] = lambda site: str(site.state(name)["Health"]["Status"])  # noqa: E731
    case = one(box, lambda site: health(site) == "unhealthy")
    return Treatment(case, "recreate", {"patch": {"healthcheck": test}}, lambda site: health(site) == "healthy")


@treatment("C01")
def the_variable_is_set(draw: Draw) -> Treatment:
    name, key = draw.name(), draw.env_key()
    code = f"import os, time\nprint('to', os.environ[{key!r}], flush=True)\nwhile True: time.sleep(1)\n"
    box = made_anew(name, code, restart_policy={"Name": "always"})
    patch = {"patch": {"env": {key: "north"}}}
    cured = both(running(name), logged(name, "to north"))
    return Treatment(one(box, logged(name, "KeyError", times=2)), "recreate", patch, cured)


@treatment("N03")
def the_right_port(draw: Draw) -> Treatment:
    name, port, wrong, outside = draw.name(), draw.port(), draw.port(), draw.host_port()
    options = {"ports": {f"{wrong}/tcp": ("127.0.0.1", outside)}}
    box = shell(name, f"exec httpd -f -p {port} -h /etc", serves=port, options=options)
    patch = {"patch": {"ports": [{"container": port, "host": outside, "host_ip": "127.0.0.1"}]}}
    case = one(box, lambda site: not site.reached(outside))
    return Treatment(case, "recreate", patch, lambda site: site.reached(outside))


@treatment("N01")
def a_port_for_this_host(draw: Draw) -> Treatment:
    name, port, net = draw.name(), draw.host_port(), draw.name()
    box = shell(name, f"exec httpd -f -p {port} -h /etc", networks=(net,), serves=port, options={"expose": [port]})
    patch = {"patch": {"ports": [{"container": port, "host": port, "host_ip": "127.0.0.1"}]}}
    case = one(box, lambda site: site.listens(name, port), networks=(net,))
    return Treatment(case, "recreate", patch, lambda site: site.reached(port))


@treatment("C07")
def a_low_port_is_allowed(draw: Draw) -> Treatment:
    name, port, key = draw.name(), draw.between(81, 900), "net.ipv4.ip_unprivileged_port_start"
    code = f"import socket, time\nheld = socket.create_server(('0.0.0.0', {port}))\nprint('open', flush=True)\ntime.sleep(3600)\n"
    options = {"user": "1000", "sysctls": {key: 1024}, "restart_policy": {"Name": "always"}}
    box = made_anew(name, code, **options)
    cured = both(running(name), logged(name, "open"))
    case = one(box, logged(name, "Permission denied", times=2))
    return Treatment(case, "recreate", {"patch": {"sysctls": {key: "0"}}}, cured)


@treatment("N12")
def the_hosts_name_servers(draw: Draw) -> Treatment:
    name, server = draw.name(), f"192.0.2.{draw.between(1, 250)}"
    code = (
        "import socket, time\nwhile True:\n    try: socket.getaddrinfo('api.example.com', 80)\n"
        "    except OSError as error: print('api.example.com:', error, flush=True)\n    time.sleep(1)\n"
    )
    box = made_anew(name, code, dns=[server], dns_opt=["attempts:1", "timeout:1"])
    patch: JSON = {"patch": {"dns": {"servers": [], "options": []}}}
    cured: Look = lambda site: not config(name, "Dns")(site) and not config(name, "DnsOptions")(site)  # noqa: E731
    return Treatment(one(box, logged(name, "api.example.com:", times=2)), "recreate", patch, cured)


@treatment("C05")
def the_mount_is_writable(draw: Draw) -> Treatment:
    name, volume, folder = draw.name(), draw.name(), f"/var/lib/{draw.word()}"
    code = f"import time\nwhile True: open('{folder}/x', 'a').write('x'); print('kept', flush=True); time.sleep(1)\n"
    volumes = {volume: {"bind": folder, "mode": "ro"}}
    box = made_anew(name, code, volumes=volumes, restart_policy={"Name": "always"})
    patch = {"patch": {"mounts": [{"target": folder, "type": "volume", "source": volume, "read_only": False}]}}
    case = one(box, logged(name, "Read-only file system", times=2), volumes={volume: {}})
    return Treatment(case, "recreate", patch, both(running(name), logged(name, "kept")))


@treatment("C02")
def the_port_of_the_peer(draw: Draw) -> Treatment:
    name, net, store = draw.name(), draw.name(), draw.name()
    code = (
        "import os, socket, time\nhost, port = os.environ['CACHE_HOST'], int(os.environ['CACHE_PORT'])\nwhile True:\n"
        "    try:\n        socket.create_connection((host, port), 2).close(); print('reached', flush=True)\n"
        "    except OSError as error: print(f'cannot reach {host}:{port}: {error}', flush=True)\n    time.sleep(1)\n"
    )
    box = made_anew(name, code, environment={"CACHE_HOST": store, "CACHE_PORT": "6390"})
    box = Box(name, box.command, options=box.options, networks=(net,))
    case = Case((redis(store, net), box), name, logged(name, "refused", times=3), (), networks=(net,))
    return Treatment(case, "recreate", {"patch": {"env": {"CACHE_PORT": "6379"}}}, logged(name, "reached"))


@treatment("L01")
def a_log_that_is_turned_over(draw: Draw) -> Treatment:
    name = draw.name()
    options = {"log_config": {"Type": "json-file", "Config": {}}}
    box = shell(name, "while :; do yes 'served a request' | head -n 2000; sleep 0.5; done", options=options)
    patch = {"patch": {"log": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}}}
    case = one(box, lambda site: site.log_size(name) > 500_000)
    cured: Look = lambda site: "max-size" in config(name, "LogConfig", "Config")(site)  # noqa: E731
    return Treatment(case, "recreate", patch, cured)


# -- what makes it worse, and what only takes its time ---------------------------------------------------------------

SLOW_WATCH = check("CMD", "true", interval=5, timeout=5, retries=4, start_period=20)  # watched for sixty seconds
PY_LATER = """
import sys, time
held = bytearray(b"x" * (12 * 2**20))
place = ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"]
def limit():
    for path in place:
        try: return open(path).read()
        except OSError: pass
first = limit()
print("ready", flush=True)
while limit() == first: time.sleep(0.2)
print("a quiet time", flush=True)
time.sleep(40)
held += bytearray(b"x" * (30 * 2**20))
print("the nightly batch", flush=True)
while True: time.sleep(1)
"""


@treatment("worse-memory")
def too_little_memory_after_forty_seconds(draw: Draw) -> Treatment:
    name = draw.name()
    options = memory(128 * MIB, restart_policy={"Name": "always"}, healthcheck=SLOW_WATCH)
    box = python(name, PY_LATER, options=options)
    cured: Look = lambda site: config(name, "Memory")(site) == 128 * MIB  # noqa: E731
    arguments = {"memory_bytes": 32 * MIB}
    return Treatment(
        one(box, logged(name, "ready")), "set_memory_limit", arguments, cured, ours=False, ends=("rolled_back",)
    )


@treatment("worse-setting")
def too_small_for_what_it_holds(draw: Draw) -> Treatment:
    net, store = draw.name(), draw.name()
    test = check("CMD-SHELL", 'test "$(redis-cli set probe 1)" = OK', interval=1, retries=3)
    server = redis(
        store, net, "--maxmemory", "64mb", "--maxmemory-policy", "noeviction", "--save", "", healthcheck=test
    )

    def fill(site: Site) -> None:
        site.sh(store, "for n in 1 2 3 4 5 6 7 8; do head -c 500000 /dev/zero | redis-cli -x set k$n; done")
        site.until(lambda: site.state(store)["Health"]["Status"] == "healthy", "a healthy redis")

    case = one(server, running(store), networks=(net,), inject=fill)
    arguments = {"service": "redis", "setting": "maxmemory", "value": 2 * MIB}
    cured: Look = lambda site: str(64 * MIB) in site.sh(store, "redis-cli config get maxmemory")  # noqa: E731
    return Treatment(case, "app_setting", arguments, cured, ours=False, ends=("rolled_back",))


@treatment("worse-image")
def an_image_without_the_program(draw: Draw) -> Treatment:
    box = web(draw, draw.port())
    cured = both(running(box.name), lambda site: site.inspect(box.name)["Config"]["Image"] == SVC)
    patch = {"patch": {"image": "ergon-ops-lab/busybox:1"}}
    ends = ("rolled_back", "failed")
    return Treatment(one(box, running(box.name)), "recreate", patch, cured, ours=False, ends=ends)


@treatment("worse-command")
def a_command_that_ends(draw: Draw) -> Treatment:
    name = draw.name()
    box = Box(name, ["sleep", "3600"])
    patch = {"patch": {"command": ["sh", "-c", f"sleep 6; exit {draw.exit_code()}"]}}
    cured = both(running(name), lambda site: site.inspect(name)["Config"]["Cmd"] == ["sleep", "3600"])
    return Treatment(one(box, running(name)), "recreate", patch, cured, ours=False, ends=("rolled_back",))


@treatment("slow-start")
def sixty_seconds_to_start(draw: Draw) -> Treatment:
    """Boots for fifty seconds within its start period: a change of it must not be taken back."""
    name = draw.name()
    test = check("CMD-SHELL", "test -e /tmp/up", interval=2.0, start_period=60.0)
    box = shell(name, "sleep 50; touch /tmp/up; exec sleep 3600", image=SVC, options={"healthcheck": test})
    patch = {"patch": {"env": {"MODE": draw.word()}}}
    cured: Look = lambda site: site.state(name)["Health"]["Status"] == "healthy"  # noqa: E731
    return Treatment(one(box, running(name)), "recreate", patch, cured, ours=False)
