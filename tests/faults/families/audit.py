"""What could be better and is no fault: the verdict stays healthy, and the audit names it."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import logged, running, shell
from tests.faults.scenario import BUSYBOX, Box, Case, Expect, scenario
from tests.faults.site import Site


def audited(box: Box, *causes: str, **details: object) -> Case:
    expects = tuple(Expect(cause, box.name, details, nature="audit") for cause in causes)
    return Case((box,), box.name, running(box.name), expects)


@scenario("X01", "audit", "T1")
def socket_of_the_engine(draw: Draw) -> Case:
    """The engine's socket is mounted into the container."""
    name, place = draw.name(), draw.pick("/var/run/docker.sock", "/run/docker.sock")

    def mount(site: Site) -> None:
        mounts = {"volumes": [f"{site.socket}:{place}"]}
        site.add(Box(name, ["sleep", "3600"], image=BUSYBOX, options=mounts))

    expect = Expect("docker_socket_mounted", name, {"mount|path": place}, nature="audit")
    return Case((), name, running(name), (expect,), inject=mount)


@scenario("X01-host", "audit", "T1")
def namespaces_of_the_host(draw: Draw) -> Case:
    """It shares a namespace with the host."""
    options = draw.pick({"pid_mode": "host", "network_mode": "none"}, {"network_mode": "host"})
    return audited(Box(draw.name(), ["sleep", "3600"], image=BUSYBOX, options=options), "host_namespace")


@scenario("X01-root", "audit", "T1")
def root_without_limits(draw: Draw) -> Case:
    """Runs as root, without a limit of memory or of processes."""
    box = Box(draw.name(), ["sleep", "3600"], image=BUSYBOX)
    return audited(box, "runs_as_root", "no_memory_limit")


@scenario("X02", "audit", "T1")
def secret_in_a_variable(draw: Draw) -> Case:
    """A password stands in its environment; its value must not be shown."""
    key = draw.env_key("PASSWORD", "TOKEN", "SECRET_KEY", "API_KEY")
    box = Box(draw.name(), ["sleep", "3600"], image=BUSYBOX, options={"environment": {key: draw.secret()}})
    return audited(box, "secret_in_env", env_key=key)


@scenario("X02-log", "audit", "T2")
def secret_in_the_log(draw: Draw) -> Case:
    """A program writes a password into its log."""
    name = draw.name()
    line = draw.pick(
        f"connecting with password={draw.secret()}",
        f"using token: {draw.secret()}",
        f"postgres://app:{draw.secret()}@10.1.2.3/app",
    )
    box = shell(name, f"while :; do echo '{line}'; sleep 0.4; done")
    return Case((box,), name, logged(name, line, times=2), (Expect("secret_in_log", name, {}, nature="audit"),))


@scenario("X03", "audit", "T1")
def defaults(draw: Draw) -> Case:
    """No healthcheck, no restart policy, no log rotation: the engine's defaults."""
    box = Box(
        draw.name(), ["sleep", "3600"], image=BUSYBOX, options={"log_config": {"Type": "json-file", "Config": {}}}
    )
    return audited(box, "no_healthcheck", "no_restart_policy", "no_log_rotation")


@scenario("R16", "audit", "T2")
def twice_the_memory_in_swap(draw: Draw) -> Case:
    """A memory limit without one for swap: the engine allows as much swap again."""
    size = draw.mib(32, 96)
    box = Box(draw.name(), ["sleep", "3600"], image=BUSYBOX, options={"mem_limit": size})
    return audited(box, "swap_unbounded")
