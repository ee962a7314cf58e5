"""Faults that no line names: checks of one's own, names in passing, proxies left over, sessions that somebody forgot."""

# ruff: noqa: E731
from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.faults.draw import Draw
from tests.faults.families.unlike import postgres, sql
from tests.faults.programs import both, check, client, logged, python, running, shell, unhealthy, web
from tests.faults.scenario import SERVERS, SVC, Box, Case, Expect, scenario
from tests.faults.site import Site

PROGRAMS = "ergon-ops-lab/programs:1"
ADVICE = ("recreate", "rebuild_advice", "host_advice", "app_setting", "")


def ruby(name: str, code: str, *arguments: str, **more: Any) -> Box:
    return Box(name, ["ruby", "/srv/app/main.rb", *arguments], image=SERVERS, files={"/srv/app/main.rb": code}, **more)


@scenario("L-DEEP", "unnamed", "T1")
def a_thorough_probe(draw: Draw) -> Case:
    """H03: the app answers at once; its health probe goes through four stages and takes longer than its second."""
    port, seconds = draw.port(), draw.pick(1, 2)
    probe = '#!/bin/sh\nfor stage in config cache store search; do echo "checking $stage"; sleep 2; done\nexit 0\n'
    box = web(draw, port, options={"healthcheck": check("CMD", "/opt/probe/deep", timeout=seconds, interval=1)})
    box = replace(box, files={**box.files, "/opt/probe/deep": probe})
    expect = Expect("healthcheck_timeout", box.name, {}, (), (), ADVICE)
    look = both(running(box.name), unhealthy(box.name, "exceeded timeout"))
    return Case((box,), box.name, look, (expect,))


@scenario("L-BROKER", "unnamed", "T2")
def the_port_of_another_stage(draw: Draw) -> Case:
    """C02: a sensor gateway's environment names a port of the MQTT broker on which the broker does not listen."""
    name, broker, net, alias = draw.name(), draw.name(), draw.name(), draw.word()
    right = draw.port()
    wrong = right + draw.pick(1, 10, 1000)
    key = f"{draw.pick('SENSORS', 'TELEMETRY', 'GATEWAY')}_MQTT_PORT"
    conf = f"listener {right} 0.0.0.0\nallow_anonymous true\nlog_dest stdout\n"
    peer = Box(
        broker,
        ["mosquitto", "-c", "/mosquitto/config/mosquitto.conf"],
        image=PROGRAMS,
        files={"/mosquitto/config/mosquitto.conf!": conf},
        networks=(net,),
        aliases=(alias,),
        serves=right,
    )
    code = f"""
import os, socket, time
host, port = os.environ["MQTT_HOST"], int(os.environ["{key}"])
while True:
    try:
        socket.create_connection((host, port), 3).close()
        print("broker: connected", flush=True)
    except OSError as problem:
        print(time.strftime("%H:%M:%S"), "[gateway] broker", host, port, "not available:", problem, flush=True)
    time.sleep(0.8)
"""
    box = python(
        name, code, networks=(net,), options={"environment": {"MQTT_HOST": alias, key: str(wrong), "MQTT_QOS": "1"}}
    )
    expect = Expect("env_wrong_value", name, {"env_key": key, "expected": right}, ("dependency_refusing",), (), ADVICE)
    look = both(running(name), logged(name, "Connection refused", times=2), lambda site: site.listens(broker, right))
    return Case((peer, box), name, look, (expect,), networks=(net,))


@scenario("L-QUEUE", "unnamed", "T2")
def nobody_takes_the_calls(draw: Draw) -> Case:
    """N16: a Ruby server with a queue of two has stopped accepting; the kernel drops the next ones."""
    name, net, alias, port = draw.name(), draw.name(), draw.word(), draw.port()
    code = f"""
require 'socket'
$stdout.sync = true
s = Socket.new(:INET, :STREAM)
s.setsockopt(:SOCKET, :REUSEADDR, true)
s.bind(Addrinfo.tcp('0.0.0.0', {port}))
s.listen(2)
puts "intake ready on {port}"
c, = s.accept
puts "intake: first batch taken, handing over"
sleep
"""
    server = ruby(name, code, networks=(net,), aliases=(alias,), serves=port)
    callers = f"""
import socket, time
held = []
while True:
    made = socket.socket(); made.setblocking(False); made.connect_ex((socket.gethostbyname("{alias}"), {port}))
    held.append(made); held[:] = held[-24:]
    time.sleep(0.3)
"""
    box = python(draw.name(), callers, networks=(net,))

    def dropped(site: Site) -> bool:
        rows = [line.split() for line in site.proc(name, "net/netstat").splitlines() if line.startswith("TcpExt:")]
        return int(dict(zip(rows[0], rows[1], strict=False))["ListenOverflows"]) >= 4

    expect = Expect("accept_backlog_overflow|listen_queue_full", name, {}, ("single_worker_blocked",), (), ADVICE)
    return Case((server, box), name, both(running(name), dropped), (expect,), networks=(net,), forbidden=("stop",))


@scenario("L-LUNCH", "unnamed", "T3")
def somebody_went_for_lunch(draw: Draw) -> Case:
    """S10: a psql opened within the database's container holds a row in an open transaction; the app's updates run into lock_timeout."""
    net, app, base, alias, table = draw.name(), draw.name(), draw.name(), draw.word(), draw.word()
    start = (
        "printf 'local all all trust\\nhost all all all trust\\n' > /var/lib/postgresql/data/pg_hba.conf; "
        "exec postgres -D /var/lib/postgresql/data -c listen_addresses='*' -c unix_socket_directories=/tmp -c jit=off"
    )
    db = shell(base, start, image=SVC, networks=(net,), aliases=(alias,), serves=5432, options={"user": "postgres"})
    script = f"""
export PGOPTIONS='-c lock_timeout=4s' PGAPPNAME=stock-sync
until psql -h {alias} -U postgres -qAtc 'select 1 from {table}' >/dev/null 2>&1; do sleep 0.3; done
while :; do
  if out=$(psql -h {alias} -U postgres -qAtc 'update {table} set amount = amount - 1 where id = 7' 2>&1); then echo "$(date -u +%FT%TZ) stock row 7 updated"
  else echo "$(date -u +%FT%TZ) update failed: $out"; fi
  sleep 0.4
done
"""
    asks = Box(app, ["bash", "-c", script], networks=(net,))

    def inject(site: Site) -> None:
        words = ("psql", "-h", "/tmp", "-U", "postgres", "-qAt")
        site.until(lambda: site.run(base, *words, "-c", "select 7", user="postgres")[1].strip() == "7", "the database")
        site.run(
            base,
            *words,
            "-c",
            f"create table {table} (id int primary key, amount int)",
            "-c",
            f"insert into {table} select i, 100 from generate_series(1, 20) i",
            user="postgres",
        )
        site.run(
            base,
            "bash",
            "-c",
            f"(echo 'begin; update {table} set amount = 0 where id = 7;'; sleep 1800) | psql -h /tmp -U postgres",
            user="postgres",
            detach=True,
        )

    look = logged(app, "canceling statement due to lock timeout", times=2)
    return Case(
        (db, asks), app, look, (Expect("pg_lock_wait", base, {}, (), (), ADVICE),), inject=inject, networks=(net,)
    )


@scenario("L-LAPTOP", "unnamed", "T2")
def the_laptops_proxy(draw: Draw) -> Case:
    """Not in the catalogue: `http_proxy` of a developer's laptop came along; `connection refused`, though the peer listens."""
    net, port, proxy = draw.name(), draw.port(), draw.port()
    peer = web(draw, port, networks=(net,))
    where = f"http://127.0.0.1:{proxy}"
    asker = client(
        draw,
        f"http://{peer.name}:{port}/rates",
        networks=(net,),
        language="python",
        options={"environment": {"http_proxy": where, "https_proxy": where}},
    )
    expect = Expect(
        "proxy_unreachable|proxy_in_the_way", asker.name, {"env_key": "http_proxy"}, ("env_wrong_value",), (), ADVICE
    )
    look = lambda site: site.logs(asker.name).lower().count("refused") >= 3 and site.listens(peer.name, port)
    return Case(
        (peer, asker),
        asker.name,
        look,
        (expect,),
        also=("env_wrong_value", "proxy_unreachable", "proxy_in_the_way"),
        networks=(net,),
    )


@scenario("L-NEVER", "unnamed", "T3")
def the_migration_that_never_committed(draw: Draw) -> Case:
    """S10: a migration added a column and never committed; every read of the table waits. The reader is asked about."""
    net, store, table, reader = draw.name(), draw.name(), draw.word(), draw.name()
    server = postgres(store, net, "fsync=off")
    steps = f"create table if not exists {table}(id int primary key, total numeric); begin; alter table {table} add column note text;"
    migration = shell(
        draw.name(),
        f"until psql -h {store} -U postgres -qAtc 'select 1' >/dev/null 2>&1; do sleep 0.3; done; echo 'migration 0042: applying'; (echo \"{steps}\"; sleep 3000) | psql -h {store} -U postgres -q",
        image=SVC, networks=(net,), options={"environment": {"PGAPPNAME": "migrate"}},
    )  # fmt: skip
    script = f'sleep 3; while sleep 1; do echo "$(date -u +%T) basket: reading"; timeout 20 psql -h {store} -U postgres -Atc "select count(*) from {table}" || echo "$(date -u +%T) basket: no answer from {store} in 20 s"; done'
    asker = shell(reader, script, image=SVC, networks=(net,), options={"environment": {"PGAPPNAME": "basket"}})
    blocked = "select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0 and application_name = 'basket'"
    expect = Expect("pg_lock_wait", store, {}, (), (), ADVICE)
    look = lambda site: sql(site, store, blocked).strip() not in ("", "0")
    return Case((server, migration, asker), reader, look, (expect,), also=("dependency_slow",), networks=(net,))


@scenario("L-PIPE", "unnamed", "T2")
def memcached_is_well_and_its_check_is_not(draw: Draw) -> Case:
    """H02: the check wants `nc`, which the image lacks, and turns every failure into 1."""
    name, port = draw.name(), draw.port()
    test = check("CMD-SHELL", f"echo stats | nc -w 1 127.0.0.1 {port} | grep -q uptime || exit 1", interval=0.7)
    box = Box(
        name,
        ["memcached", "-u", "nobody", "-p", str(port), "-v"],
        image=PROGRAMS,
        options={"healthcheck": test},
        serves=port,
    )
    expect = Expect("healthcheck_cmd_missing", name, {}, (), (), ADVICE)
    return Case(
        (box,),
        name,
        both(running(name), unhealthy(name, "not found"), lambda site: site.listens(name, port)),
        (expect,),
    )
