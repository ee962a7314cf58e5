"""Services are told from processes, sockets, image and expectations; nothing inside the container is asked."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from ergon_ops import services
from ergon_ops.engine.protocols import Container, Process, PublishedPort, Socket, Sockets
from ergon_ops.facts import reading
from ergon_ops.refs import Ref
from ergon_ops.services import Service, spoken

Spec = tuple[str, str, int]
BLIND = Sockets(False)


def box(
    *, image: str = "acme/app:1", command: str = "", state: str = "running", exposed: tuple[int, ...] = (),
    ports: tuple[PublishedPort, ...] = (), networks: tuple[str, ...] = ("bridge",),
) -> Container:  # fmt: skip
    return Container(
        Ref("box"), "c" * 64, image, "sha256:0", state, "Up", "none", 0.0, command,
        ports=ports, exposed=exposed, networks=networks,
    )  # fmt: skip


def tree(*specs: Spec) -> tuple[Process, ...]:
    """(name, command, parent's position or -1); pids are 100, 101 …, the first one's parent is the engine's shim."""
    return tuple(
        Process(100 + position, 7 if parent < 0 else 100 + parent, name, command, source="proc")
        for position, (name, command, parent) in enumerate(specs)
    )


def listens(*specs: tuple[int, int], address: str = "0.0.0.0") -> tuple[Socket, ...]:
    """(port, position of the process)."""
    return tuple(Socket(address, port, "tcp", 100 + position, source="net") for port, position in specs)


def unowned(*ports: int) -> tuple[Socket, ...]:
    return tuple(Socket("0.0.0.0", port, source="net") for port in ports)


def detect(
    processes: Sequence[Process], listening: Sequence[Socket] | None = (), *, container: Container | None = None,
    expected: Sequence[tuple[str, int | None]] = (),
) -> tuple[Service, ...]:  # fmt: skip
    sockets = BLIND if listening is None else Sockets(True, tuple(listening), source="net")
    return services.detect(container or box(), processes, sockets, expected=expected)


WEBAPP = tree(
    ("tini", "tini -- bash /srv/run.sh", -1),
    ("bash", "bash /srv/run.sh", 0),
    ("redis-server", "redis-server 127.0.0.1:6379", 1),
    ("python3.11", "python3 -m uvicorn app:app --host 127.0.0.1 --port 8000", 1),
    ("nginx", "nginx: master process nginx -c /srv/nginx.conf", 1),
    ("nginx", "nginx: worker process", 4),
    ("nginx", "nginx: worker process", 4),
)
WEBAPP_SOCKETS = (*listens((80, 4)), *listens((8000, 3), (6379, 2), address="127.0.0.1"))


def test_three_services_of_one_container_come_front_to_back() -> None:
    found = detect(WEBAPP, WEBAPP_SOCKETS)

    assert spoken(found) == "nginx (port 80), python (port 8000), redis (port 6379)"
    assert {service.state for service in found} == {"listening"}
    assert found[0].pids == (104, 105, 106)
    assert found[1].detail == "uvicorn"
    assert [service.loopback for service in found] == [False, True, True]


@pytest.mark.parametrize(
    ("processes", "listening", "said"),
    [
        (tree(("postgres", "postgres -D /data", -1), ("postgres", "postgres: checkpointer", 0),
              ("postgres", "postgres: app app 10.0.0.2(4711) idle", 0)), listens((5432, 0)), "postgres (port 5432)"),
        (tree(("apache2", "/usr/sbin/apache2 -DFOREGROUND", -1), ("apache2", "/usr/sbin/apache2 -DFOREGROUND", 0)),
         listens((80, 0), (443, 0)), "apache (ports 80, 443)"),
        (tree(("httpd", "httpd -DFOREGROUND", -1)), listens((80, 0)), "apache (port 80)"),
        (tree(("httpd", "httpd -f -p 8080 -h /www", -1)), listens((8080, 0)), "busybox-httpd (port 8080)"),
        (tree(("caddy", "caddy run", -1)), listens((80, 0), (2019, 0)), "caddy (ports 80, 2019)"),
        (tree(("haproxy", "haproxy -W -db", -1), ("haproxy", "haproxy -sf", 0)), listens((80, 1)), "haproxy (port 80)"),
        (tree(("traefik", "traefik traefik", -1)), listens((80, 0)), "traefik (port 80)"),
        (tree(("envoy", "envoy -c /etc/envoy.yaml", -1)), listens((10000, 0)), "envoy (port 10000)"),
        (tree(("valkey-server", "valkey-server *:6379", -1)), listens((6379, 0)), "valkey (port 6379)"),
        (tree(("memcached", "memcached -m 64", -1)), listens((11211, 0)), "memcached (port 11211)"),
        (tree(("mysqld", "mysqld", -1)), listens((3306, 0), (33060, 0)), "mysql (ports 3306, 33060)"),
        (tree(("mariadbd", "mariadbd", -1)), listens((3306, 0)), "mariadb (port 3306)"),
        (tree(("mongod", "mongod --bind_ip_all", -1)), listens((27017, 0)), "mongodb (port 27017)"),
        (tree(("sh", "/bin/sh /opt/rabbitmq/sbin/rabbitmq-server", -1),
              ("beam.smp", "/usr/lib/erlang/bin/beam.smp -W w -s rabbit boot", 0), ("epmd", "epmd -daemon", 0)),
         listens((5672, 1), (4369, 2)), "rabbitmq (port 5672)"),
        (tree(("etcd", "etcd", -1)), listens((2379, 0), (2380, 0)), "etcd (ports 2379, 2380)"),
        (tree(("minio", "minio server /data", -1)), listens((9000, 0)), "minio (port 9000)"),
        (tree(("php-fpm", "php-fpm: master process (/etc/php-fpm.conf)", -1), ("php-fpm", "php-fpm: pool www", 0)),
         listens((9000, 0)), "php-fpm (port 9000)"),
        (tree(("php-fpm8.2", "php-fpm: master process", -1)), listens((9000, 0)), "php-fpm (port 9000)"),
        (tree(("gateway", "/gateway -listen :9000", -1)), listens((9000, 0)), "gateway (port 9000)"),
        (tree(("sshd", "sshd: /usr/sbin/sshd -D [listener]", -1)), listens((22, 0)), "sshd (port 22)"),
        (tree(("cron", "/usr/sbin/cron -f", -1)), (), "cron"),
    ],
)  # fmt: skip
def test_a_known_program_is_one_service(
    processes: tuple[Process, ...], listening: tuple[Socket, ...], said: str
) -> None:
    assert spoken(detect(processes, listening)) == said


@pytest.mark.parametrize(
    ("name", "command", "service", "detail"),
    [
        ("python3.11", "/usr/bin/python3 /usr/bin/uvicorn main:app", "python", "uvicorn"),
        ("python3.11", "/usr/local/bin/python /usr/local/bin/gunicorn -w 4 app:app", "python", "gunicorn"),
        ("gunicorn", "gunicorn: master [app:app]", "python", "gunicorn"),
        ("python3.11", "gunicorn: master [app:app]", "python", "gunicorn"),
        ("python3.9", "python -m flask run --host 0.0.0.0", "python", "flask"),
        ("python3.9", "python manage.py runserver 0.0.0.0:8000", "python", "django"),
        ("python3.12", "python -u -m hypercorn app:app", "python", "hypercorn"),
        ("python3.12", "/venv/bin/python /venv/bin/daphne -p 8000 x.asgi:app", "python", "daphne"),
        ("python3.12", "/venv/bin/python /venv/bin/celery -A proj worker", "python", "celery"),
        ("python3.12", "python -c import http.server", "python", ""),
        ("node", "node /app/server.js", "node", ""),
        ("node", "next-server (v14.1.0)", "node", "next"),
        ("java", "java -Xmx512m -jar /app/app.jar --spring.profiles.active=prod", "java", "spring"),
        ("java", "java -cp /t/bin/bootstrap.jar org.apache.catalina.startup.Bootstrap start", "java", "tomcat"),
        ("java", "java -Xmx1G -cp /opt/kafka/libs/zookeeper.jar kafka.Kafka server.properties", "kafka", ""),
        ("java", "java -Des.path.home=/e org.elasticsearch.bootstrap.Elasticsearch", "elasticsearch", ""),
        ("ruby", "puma 6.4.0 (tcp://0.0.0.0:3000) [shop]", "ruby", "puma"),
        ("ruby3.1", "sidekiq 7.1.2 shop [0 of 5 busy]", "ruby", "sidekiq"),
        ("ruby", "unicorn_rails master -c config/unicorn.rb", "ruby", "unicorn"),
        ("python3.11", "/usr/bin/python3 /usr/bin/supervisord -n", "supervisord", ""),
    ],
)
def test_a_runtime_is_spoken_of_by_its_name_with_the_framework_as_detail(
    name: str, command: str, service: str, detail: str
) -> None:
    (found,) = detect(tree((name, command, -1)))

    assert (found.name, found.detail) == (service, detail)


def test_workers_of_a_master_are_one_service_with_all_pids() -> None:
    words = "/usr/bin/python3 /usr/bin/gunicorn app:app"
    processes = tree(("python3.11", words, -1), *[("python3.11", words, 0)] * 20)

    (found,) = detect(processes, listens((8000, 0)))

    assert len(found.pids) == 21


def test_a_helper_of_a_service_is_no_service() -> None:
    processes = tree(("node", "node app.js", -1), ("sh", "sh -c convert a b", 0), ("convert", "convert a b", 1))

    assert spoken(detect(processes, listens((3000, 0)))) == "node (port 3000)"


def test_an_exec_session_or_a_healthcheck_is_no_service() -> None:
    processes = tree(
        ("redis-server", "redis-server *:6379", -1), ("bash", "bash", -1), ("vim", "vim x", 1), ("curl", "curl x", -1)
    )

    assert spoken(detect(processes, listens((6379, 0)))) == "redis (port 6379)"


def test_what_somebody_started_by_exec_serves_but_is_not_expected_later() -> None:
    processes = tree(
        ("redis-server", "redis-server *:6379", -1),
        ("sh", "sh -c 'nginx -g daemon off; & python3 -m http.server 9000'", -1),
        ("nginx", "nginx: master process nginx", 1),
        ("nginx", "nginx: worker process", 2),
        ("python3.11", "python3 -m http.server 9000", 1),
        ("python3.11", "python3 once.py", 1),
    )

    found = detect(processes, listens((6379, 0), (80, 2), (9000, 4)))
    seen = services.readings(box().ref, found, at=0.0)

    assert spoken(found) == "nginx (port 80), python (port 9000), redis (port 6379)"
    assert {service.name for service in found if service.visiting} == {"nginx", "python"}
    assert services.expected(seen) == (("redis", 6379),)
    assert [
        service.name for service in detect(processes[:1], listens((6379, 0)), expected=services.expected(seen))
    ] == ["redis"]


def test_the_first_process_is_the_oldest_whatever_its_number() -> None:
    visitor = Process(50, 7, "python3.11", "python3 -m http.server 9000", started_at=200.0)
    first = Process(100, 7, "redis-server", "redis-server *:6379", started_at=100.0)

    found = detect((visitor, first), (Socket("0.0.0.0", 9000, "tcp", 50), Socket("0.0.0.0", 6379, "tcp", 100)))

    assert {service.name: service.visiting for service in found} == {"python": True, "redis": False}


def test_what_is_expected_is_what_was_serving() -> None:
    seen = [
        reading(box().ref, "serving", "listening", key=key, at=0.0, source="proc")
        for key in ("nginx:80", "cron", "python flask", "python celery", "python:8000 uvicorn")
    ]

    assert services.expected(seen) == (
        ("nginx", 80), ("cron", None), ("flask", None), ("celery", None), ("uvicorn", 8000)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("processes", "said"),
    [
        (tree(("sh", "sh -c while true; do sleep 1; done", -1), ("sleep", "sleep 1", 0)), "sh"),
        (tree(("sleep", "sleep infinity", -1)), "sleep"),
        (tree(("tini", "tini -- sleep 9", -1), ("sleep", "sleep 9", 0)), "sleep"),
        (tree(("tini", "tini -- python3 worker.py", -1), ("python3.11", "python3 worker.py", 0)), "python"),
        (tree(("docker-init", "/sbin/docker-init -- x", -1), ("crunch", "crunch --all", 0)), "crunch"),
    ],
)
def test_something_without_a_port_still_runs(processes: tuple[Process, ...], said: str) -> None:
    found = detect(processes)

    assert spoken(found) == said
    assert [service.state for service in found] == ["running"]


def test_supervisord_shows_beside_what_it_supervises() -> None:
    processes = tree(
        ("python3.11", "/usr/bin/python3 /usr/bin/supervisord -n", -1),
        ("nginx", "nginx: master process nginx", 0), ("nginx", "nginx: worker process", 1),
        ("python3.11", "python3 worker.py", 0), ("cron", "cron -f", 0),
    )  # fmt: skip

    assert spoken(detect(processes, listens((80, 1)))) == "nginx (port 80), python, cron, supervisord"


def test_a_script_that_starts_the_services_is_not_one_of_them() -> None:
    processes = tree(
        ("python3.11", "python3 boot.py", -1), ("nginx", "nginx: master process nginx", 0),
        ("python3.11", "python3 -m uvicorn app:app", 0),
    )  # fmt: skip

    assert spoken(detect(processes, listens((80, 1), (8000, 2)))) == "nginx (port 80), python (port 8000)"


def test_two_applications_of_one_runtime_keep_their_details() -> None:
    processes = tree(
        ("sh", "sh start.sh", -1), ("python3.11", "python -m uvicorn app:app", 0),
        ("python3.11", "python -m celery -A app worker", 0),
    )  # fmt: skip
    found = detect(processes, listens((8000, 1)))

    assert [(service.port, service.detail) for service in found] == [(8000, "uvicorn"), (None, "celery")]


def test_docker_dns_udp_and_debug_ports_are_no_services() -> None:
    listening = (
        Socket("127.0.0.11", 40123, source="net"), Socket("0.0.0.0", 8125, "udp", 100),
        *listens((3000, 0), (9229, 0), (41111, 0)),
    )  # fmt: skip

    assert spoken(detect(tree(("node", "node app.js", -1)), listening)) == "node (port 3000)"


def test_a_high_port_alone_is_a_service() -> None:
    assert spoken(detect(tree(("game", "/game", -1)), listens((45000, 0)))) == "game (port 45000)"


def test_one_port_on_two_address_families_is_one_service() -> None:
    both = (*listens((80, 0)), *listens((80, 0), address="::"))

    (found,) = detect(tree(("nginx", "nginx: master process nginx", -1)), both)

    assert found.address == "0.0.0.0"


# -- an ordinary user does not see who owns a socket -----------------------------------------------------------------


def test_listeners_without_an_owner_go_to_the_likely_program_and_stay_listening() -> None:
    found = detect(WEBAPP, unowned(80, 8000, 6379))

    assert spoken(found) == "nginx (port 80), python (port 8000), redis (port 6379)"
    assert {service.state for service in found} == {"listening"}


def test_a_listener_without_an_owner_goes_to_the_only_program_there_is() -> None:
    assert spoken(detect(tree(("node", "node app.js", -1)), unowned(4711))) == "node (port 4711)"


def test_a_listener_that_two_programs_may_have_is_neither_ones() -> None:
    both = tree(("tini", "tini x", -1), ("haproxy", "haproxy -W -db -f /h.cfg", 0), ("apache2", "apache2 -X", 0))

    assert spoken(detect(both, unowned(80, 8080))) == "apache, haproxy, unknown (ports 80, 8080)"


def test_a_program_that_lives_is_not_down_where_its_port_listens_and_the_owner_is_unseen() -> None:
    both = tree(("tini", "tini x", -1), ("haproxy", "haproxy -W -db -f /h.cfg", 0), ("apache2", "apache2 -X", 0))

    found = detect(both, unowned(80, 8080), expected=(("haproxy", 80), ("apache", 8080), ("memcached", 11211)))

    assert [service.name for service in found if service.state == "down"] == ["memcached"]


def test_a_listener_that_two_programs_may_have_goes_to_the_one_left_without() -> None:
    both = tree(("tini", "tini x", -1), ("nginx", "nginx: master process nginx", 0), ("node", "node app.js", 0))

    assert spoken(detect(both, unowned(80, 8080))) == "nginx (port 80), node (port 8080)"


def test_the_exposed_port_of_a_program_that_is_gone_is_not_declared_for_the_one_that_is_left() -> None:
    left = tree(("tini", "tini x", -1), ("php-fpm8.2", "php-fpm: master process (/etc/f.conf)", 0))

    found = detect(left, None, container=box(exposed=(80,)), expected=(("haproxy", 80), ("php-fpm", None)))

    assert [(service.name, service.port, service.state) for service in found] == [
        ("haproxy", 80, "down"), ("php-fpm", None, "running"),
    ]  # fmt: skip


def test_an_exposed_port_that_two_programs_may_have_is_declared_for_neither() -> None:
    both = tree(("tini", "tini x", -1), ("haproxy", "haproxy -W -db -f /h.cfg", 0), ("apache2", "apache2 -X", 0))

    assert spoken(detect(both, None, container=box(exposed=(80,)))) == "apache, haproxy"


def test_a_listener_nobody_can_be_named_for_is_unknown() -> None:
    processes = tree(("sh", "sh x", -1), ("node", "node a.js", 0), ("ruby", "ruby b.rb", 0))

    assert "unknown (port 4711)" in spoken(detect(processes, unowned(4711)))


def test_other_peoples_listeners_on_the_hosts_network_are_not_ours() -> None:
    processes = tree(("nginx", "nginx: master process nginx", -1))
    listening = (*listens((80, 0)), *unowned(22, 2375, 9999))

    assert spoken(detect(processes, listening, container=box(networks=("host",)))) == "nginx (port 80)"


# -- sockets cannot be seen: remote engines --------------------------------------------------------------------------


def test_without_sockets_ports_are_declared_never_listening() -> None:
    found = detect(WEBAPP, None, container=box(exposed=(80,)))

    assert spoken(found) == "nginx (port 80), python (port 8000), redis (port 6379)"
    assert {service.state for service in found} == {"declared"}


def test_without_sockets_a_port_nobody_declares_is_not_made_up() -> None:
    (found,) = detect(tree(("node", "node app.js", -1)), None)

    assert (found.name, found.port, found.state) == ("node", None, "running")


def test_without_sockets_exposed_ports_belong_to_the_one_program_that_says_none() -> None:
    processes = tree(("sh", "sh x", -1), ("nginx", "nginx: master process nginx", 0), ("node", "node a.js", 0))

    found = detect(processes, None, container=box(exposed=(80, 4000)))

    assert spoken(found) == "nginx (port 80), node (port 4000)"


def test_without_processes_and_sockets_the_image_declares() -> None:
    (found,) = detect((), None, container=box(image="docker.io/library/redis:7-alpine", exposed=(6379,)))

    assert (found.name, found.port, found.state) == ("redis", 6379, "declared")


# -- what should run and does not ------------------------------------------------------------------------------------


def test_a_killed_redis_is_down_where_it_was_expected() -> None:
    left = tuple(process for process in WEBAPP if process.name != "redis-server")
    expected = [("nginx", 80), ("uvicorn", 8000), ("redis-server", 6379)]

    found = detect(left, WEBAPP_SOCKETS[:2], expected=expected)

    assert [(service.name, service.state) for service in found] == [
        ("nginx", "listening"), ("python", "listening"), ("redis", "down"),
    ]  # fmt: skip
    assert found[2].expected


def test_a_zombie_does_not_run() -> None:
    dead = tuple(
        Process(process.pid, process.parent, process.name, "", state="Z") if process.name == "redis-server" else process
        for process in WEBAPP
    )

    found = detect(dead, WEBAPP_SOCKETS[:2], expected=[("redis", 6379)])

    assert [service.state for service in found if service.name == "redis"] == ["down"]


def test_a_program_that_lives_but_no_longer_listens_is_down_on_that_port() -> None:
    found = detect(WEBAPP, WEBAPP_SOCKETS[:2], expected=[("redis", 6379)])

    assert {(service.port, service.state) for service in found if service.name == "redis"} == {(6379, "down")}


def test_a_missing_background_worker_is_not_hidden_by_its_runtime() -> None:
    found = detect(WEBAPP, WEBAPP_SOCKETS, expected=[("celery", None)])

    assert [service.name for service in found if service.state == "down"] == ["celery"]


def test_an_official_image_says_what_should_run() -> None:
    container = box(image="redis:7", command="docker-entrypoint.sh redis-server")

    found = detect(tree(("sh", "sh docker-entrypoint.sh", -1), ("sleep", "sleep 1", 0)), container=container)

    assert ("redis", "down") in {(service.name, service.state) for service in found}


@pytest.mark.parametrize(
    ("image", "command"),
    [("redis:7", "redis-cli monitor"), ("acme/redis-exporter:1", "redis_exporter"), ("nginx", "sleep 9")],
)
def test_an_image_used_for_something_else_expects_nothing(image: str, command: str) -> None:
    found = detect(tree(("tool", command, -1)), container=box(image=image, command=command))

    assert all(service.up for service in found)


@pytest.mark.parametrize("state", ["exited", "created", "dead", "restarting"])
def test_a_container_that_does_not_run_serves_nothing(state: str) -> None:
    container = box(state=state)

    assert detect((), container=container) == ()
    assert [service.state for service in detect((), container=container, expected=[("redis", 6379)])] == ["down"]


# -- words and readings ----------------------------------------------------------------------------------------------


def test_published_and_inner_ports_are_told_apart() -> None:
    container = box(ports=(PublishedPort("0.0.0.0", 18080, 80), PublishedPort("::", 18080, 80)))

    nginx = detect(WEBAPP, WEBAPP_SOCKETS, container=container)[0]

    assert nginx.port == 80
    assert [port.host_port for port in nginx.published] == [18080, 18080]


def test_readings_have_one_row_for_each_service() -> None:
    rows = services.readings(Ref("box"), detect(WEBAPP, WEBAPP_SOCKETS, expected=[("cron", None)]), at=5.0)

    assert [(row.key, row.value) for row in rows] == [
        ("nginx:80", "listening"), ("python:8000", "listening"), ("redis:6379", "listening"), ("cron", "down"),
    ]  # fmt: skip
    assert all(row.source and row.name == "serving" for row in rows)


def test_children_listed_before_their_parents_make_no_difference() -> None:
    shuffled = tuple(reversed(WEBAPP))

    assert {service.key for service in detect(shuffled, WEBAPP_SOCKETS)} == {"nginx:80", "python:8000", "redis:6379"}


def test_a_ring_of_parents_ends() -> None:
    ring = (Process(1, 2, "a", "a"), Process(2, 1, "b", "b"))

    assert len(detect(ring)) >= 1


def test_the_table_names_each_file_and_each_program_once() -> None:
    files = list(itertools.chain.from_iterable(program.executables for program in services.PROGRAMS))

    assert len(files) == len(set(files))
    assert len({program.name for program in services.PROGRAMS}) == len(services.PROGRAMS)


def test_a_child_between_two_execs_does_not_stand_for_its_parent() -> None:
    processes = tree(("sh", "sh -c while :; do sleep 1; done", -1), ("exe", "sleep 1", 0))
    assert [service.name for service in detect(processes)] == ["sh"]
