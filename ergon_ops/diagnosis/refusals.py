"""Never started because of what it was given: mounts, devices, limits, a log driver. One table of the
engine's words, for one cause a kind of thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.startup import beside, refused, said, words_of
from ergon_ops.refs import Ref

PATH = r"[^\s\"':,]+"


class Refusal(NamedTuple):
    """`sentence` is filled with what `patterns` name; `detail` is the finding's key for it."""

    cause: str
    what: str
    sentence: str
    detail: str
    patterns: tuple[str, ...]
    fixes: tuple[str, ...] = ("recreate",)


REFUSALS = (
    Refusal(
        "mount_source_missing",
        "What should be mounted into it is not on the host, or cannot be mounted.",
        "Could not be started: what should be mounted from {path} is not there.",
        "path",
        (
            rf"bind source path does not exist: (?P<path>{PATH})",
            rf"error while creating mount source path ['\"]?(?P<path>{PATH})",
            rf"error mounting \"(?P<path>{PATH})\" to rootfs.*: no such file or directory",
            rf"failed to mount local volume: mount :?(?P<path>{PATH}?):/",
            rf"stat (?P<path>/{PATH}/volumes/{PATH}): no such file or directory",
        ),
        ("recreate", "host_advice"),
    ),
    Refusal(
        "mount_type_mismatch",
        "A directory is mounted where the image has a file, or the other way round.",
        "Could not be started: at {path} a directory is mounted onto a file, or a file onto a directory.",
        "path",
        (
            rf"error mounting \"{PATH}\" to rootfs at \"(?P<path>{PATH})\".*not a directory",
            rf"mount a directory onto a file.*?(?P<path>/{PATH})",
            r"\bread (?P<path>/etc/(?:passwd|group)): is a directory",
        ),
    ),
    Refusal(
        "device_missing",
        "A device it was promised is not on this host.",
        "Could not be started: the device {value} is not on this host.",
        "value",
        (
            rf"custom device \"(?P<value>{PATH})\": no such file",
            rf"error gathering device information.*\"(?P<value>{PATH})\"",
            r"could not select device driver .*capabilities: \[+(?P<value>[\w ]+)",
            rf"open (?P<value>/dev/{PATH}): no such",
        ),
        ("recreate", "host_advice"),
    ),
    Refusal(
        "network_missing",
        "A network it should be on does not exist any more.",
        "Could not be started: there is no network {network}.",
        "network",
        (r"network (?P<network>\S+) not found", r"could not find network (?P<network>\S+)"),
        ("connect_network", "recreate"),
    ),
    Refusal(
        "address_conflict",
        "The fixed address that it should have on a network is another container's.",
        "Could not be started: the fixed address that it should have on its network is taken ({value}).",
        "value",
        (r"^(?:Error response from daemon: )?(?P<value>Address already in use)\W*$",),
    ),
    Refusal(
        "log_driver_failed",
        "Its log driver could not be set up.",
        "Could not be started: its log driver fails with “{value}”.",
        "value",
        (
            r"failed to (?:initialize|create) logging driver: (?P<value>.{1,120})",
            r"logger: no log driver named '(?P<value>[^']+)'",
        ),
    ),
    Refusal(
        "ulimit_not_permitted",
        "A ulimit is above what the host lets the engine give.",
        "Could not be started: the host does not let it have the ulimit {value}.",
        "value",
        (
            r"error setting rlimit type (?P<value>\d+): operation not permitted",
            r"(?P<value>rlimits?).*operation not permitted",
        ),
        ("recreate", "host_advice"),
    ),
    Refusal(
        "sysctl_invalid",
        "A sysctl it sets does not exist or may not be set in a container.",
        "Could not be started: the sysctl {setting} cannot be set.",
        "setting",
        (
            r"open /proc/sys/(?P<setting>\S+?): ",
            r"write sysctl key (?P<setting>\S+?):",
            r"sysctl \"?(?P<setting>[\w.]+)\"? (?:is not|not)",
        ),
    ),
    Refusal(
        "cpuset_unavailable",
        "It is bound to CPUs or memory nodes that this host does not have.",
        "Could not be started: it is bound to CPUs {value}, which this host does not have.",
        "value",
        (r"Requested CPUs are not available - requested (?P<value>[\d,-]*\d)", r"cpuset\.cpus: (?P<value>.{1,60})"),
    ),
    Refusal(
        "memory_limit_too_low",
        "Its memory limit is too low to start anything at all.",
        "Could not be started: its memory limit is too low for the start itself.",
        "value",
        (r"(?P<value>container init was OOM-killed)", r"(?P<value>minimum memory limit allowed is \w+)"),
        ("set_memory_limit",),
    ),
    Refusal(
        "privilege_not_permitted",
        "It asks for capabilities or a profile that the engine itself does not have.",
        "Could not be started: the engine may not give it what it asks for ({value}).",
        "value",
        (
            r"(?P<value>unable to apply caps): operation not permitted",
            r"(?P<value>apparmor profile \S+|seccomp profile \S+).*(?:not found|does not exist|failed)",
            r"(?P<value>unable to apply apparmor profile)",
        ),
        ("recreate", "host_advice"),
    ),
    Refusal(
        "image_missing",
        "The image it is made of is gone.",
        "Could not be started: the image {image} is not on this host any more.",
        "image",
        (r"No such image: (?P<image>\S+)", r"image (?P<image>\S+) (?:not found|does not exist)"),
        ("recreate", "host_advice"),
    ),
)  # fmt: skip


def declared(refusal: Refusal) -> Callable[[Scene, Ref], Iterator[Conclusion]]:
    """The rule for one row of the table."""

    def refused_for(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
        error = refused(scene, ref)
        found = said(error, *refusal.patterns)
        if error is None or found is None:
            return
        yield Conclusion(
            summary=refusal.sentence.format(**found),
            evidence=(error, *beside(scene, ref, "exit_code")),
            details={refusal.detail: found[refusal.detail]},
        )

    refused_for.__doc__ = refusal.what
    return refused_for


for _refusal in REFUSALS:
    rule(
        _refusal.cause,
        severity="critical",
        needs=("state",),
        details=(_refusal.detail,),
        fixes=_refusal.fixes,
    )(declared(_refusal))


@rule("start_failed", severity="critical", needs=("state", "config"), details=("exit_code",), symptom=True)
def start_failed(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The engine could not start it; what it said is all that is known."""
    error = refused(scene, ref)
    if error is None:
        return
    yield Conclusion(
        summary=f"Could not be started: {words_of(error)}.",
        evidence=(error, *beside(scene, ref, "exit_code", "command")),
        details={"exit_code": scene.value(ref, "exit_code")},
    )
