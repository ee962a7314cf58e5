"""Healthchecks by the wrong scheme: plain HTTP to a port that speaks TLS, or TLS to one that does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.diagnosis.calls import listeners
from ergon_ops.diagnosis.health import NEEDS, checked, failing
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import present
from ergon_ops.facts import Fact
from ergon_ops.refs import Ref

OTHER_SCHEME = re.compile(
    r"wrong version number|record layer failure|SSL23_GET_SERVER_HELLO|packet length too long|SSL_ERROR_SYSCALL"
    r"|plain HTTP request|HTTP request to an HTTPS|plain HTTP to an SSL",
    re.I,
)
OFTEN = 2
INSTEAD = ("healthcheck_failing_app", "healthcheck_wrong_path", "healthcheck_timeout", "single_worker_blocked")


@rule("healthcheck_wrong_scheme", severity="warning", needs=(*NEEDS, "probes"), details=("port",), tier="T2",
      over=INSTEAD, fixes=("recreate",))  # fmt: skip
def healthcheck_wrong_scheme(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The healthcheck speaks TLS to a port that does not, or the other way round.

    By the check's own words, by what the server says of it in its log, or, where both are mute, by what the port
    answers a ClientHello with.
    """
    health, port = failing(scene, ref), checked(scene, ref)
    found = listeners(scene, ref, port) if port is not None else ()
    command, code = scene.get(ref, "health_command"), scene.number(ref, "health_exit_code")
    tls = "https://" in scene.text(ref, "health_command")
    told = _told(scene, ref, port, tls)
    if health is None or not told or not found:
        return
    yield Conclusion(
        summary=f"The healthcheck asks port {port} {'by' if tls else 'without'} TLS, and the application"
        f" {'does not speak it' if tls else 'speaks nothing else'} there.",
        evidence=(*told, found[0].fact, health, *present(command)),
        details={"port": port, **({} if code is None else {"exit_code": int(code)})},
    )


def _told(scene: Scene, ref: Ref, port: int | None, tls: bool) -> tuple[Fact, ...]:
    """What says that the port speaks otherwise than the check does."""
    output, speaks = scene.get(ref, "health_output"), scene.get(ref, "port_speaks", str(port))
    if output is not None and OTHER_SCHEME.search(str(output.value)):
        return (output,)
    if speaks is not None:
        return (speaks, *present(output)) if (speaks.value == "tls") is not tls else ()
    said = [] if tls else scene.current(ref, "tls_got_plain")
    return next(((item.fact, *present(output)) for item in said if item.count >= OFTEN), ())
