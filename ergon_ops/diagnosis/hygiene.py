"""Audit of limits, restarts, logs, ports and images: what is left to chance."""

# ruff: noqa: E501
from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.amounts import size
from ergon_ops.diagnosis.audits import Audit, Hit, declare, where
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.refs import Ref

GROWING = ("json-file",)
ANYWHERE = ("0.0.0.0:", "[::]:", ":::")


def no_cpu_limit(scene: Scene, ref: Ref) -> Iterator[Hit]:
    limit, shares = scene.get(ref, "cpu_limit"), scene.get(ref, "cpu_shares")
    if limit is not None and shares is not None and limit.value is None and shares.value is None:
        yield Hit((limit, shares))


def swap(scene: Scene, ref: Ref) -> Iterator[Hit]:
    """Without a limit for both, the engine lets it swap as much again as its memory; -1 is without end."""
    limit, both = scene.get(ref, "memory_limit"), scene.get(ref, "memory_swap_limit")
    if limit is None or both is None or not isinstance(limit.value, int) or not isinstance(both.value, int):
        return
    if both.value > limit.value or both.value == -1:
        amount = "without end" if both.value == -1 else f"{size(both.value - limit.value)}"
        used = scene.get(ref, "memory_swap")
        yield Hit(
            (both, limit, *((used,) if used is not None and used.value else ())),
            {"limit_bytes": limit.value, "value": both.value},
            {"amount": amount, "memory": size(limit.value)},
        )


def latest(scene: Scene, ref: Ref) -> Iterator[Hit]:
    image = scene.get(ref, "image")
    name = str(image.value) if image is not None else ""
    if image is None or not name or "@sha256:" in name or name.startswith("sha256:"):
        return
    tag = name.rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        yield Hit((image,), {"image": name}, {"how": "without a tag" if not tag else "by the tag latest"})


def unpinned(scene: Scene, ref: Ref) -> Iterator[Hit]:
    image, pinned = scene.get(ref, "image"), scene.get(ref, "image_pinned")
    name = str(image.value) if image is not None else ""
    if image is not None and pinned is not None and pinned.value is True and "sha256:" not in name:
        yield Hit((image, pinned), {"image": name})


def no_rotation(scene: Scene, ref: Ref) -> Iterator[Hit]:
    driver = scene.get(ref, "log_driver")
    if driver is not None and driver.value in GROWING and scene.get(ref, "log_option", "max-size") is None:
        yield Hit((driver,), {"setting": "max-size"})


def everywhere(scene: Scene, ref: Ref) -> Iterator[Hit]:
    ports = [fact for fact in scene.all(ref, "published_port") if fact.key.startswith(ANYWHERE)]
    if ports:
        numbers = sorted({_host_port(fact.key) for fact in ports})
        yield Hit(tuple(ports[:2]), {"host_port": numbers[0]}, {"ports": ", ".join(map(str, numbers[:5]))})


def low_port(scene: Scene, ref: Ref) -> Iterator[Hit]:
    ports = [fact for fact in scene.all(ref, "published_port") if 0 < _host_port(fact.key) < 1024]
    if ports:
        yield Hit(tuple(ports[:1]), {"host_port": _host_port(ports[0].key)})


def default_bridge(scene: Scene, ref: Ref) -> Iterator[Hit]:
    mode = scene.get(ref, "network_mode")
    if mode is not None and mode.value in ("default", "bridge"):
        yield Hit((mode,), {"network": "bridge"})


def _host_port(key: str) -> int:
    number = key.rpartition("/")[0].rpartition(":")[2]
    return int(number) if number.isdigit() else 0


def nothing(value: object) -> bool:
    return value is None


declare(
    (
        Audit("no_memory_limit", "It has no memory limit, so it can take the host's.", "It has no memory limit: it can take all of the host's memory.", where("memory_limit", nothing), ("limits",), "docker-bench 5.11", ("set_memory_limit",)),
        Audit("no_cpu_limit", "It has neither a CPU limit nor a weight of its own.", "It has neither a CPU limit nor a weight of its own.", no_cpu_limit, ("limits",), "docker-bench 5.12", ("set_cpu_limit", "set_cpu_shares")),
        Audit("no_pids_limit", "It may start as many processes as the host can hold.", "It has no process limit: a fork bomb in it stops the host.", where("pids_limit", nothing), ("limits",), "docker-bench 5.29", ("set_pids_limit",)),
        Audit("swap_unbounded", "Beside its memory limit it may use swap that nobody set.", "Beside its memory limit of {memory} it may swap {amount}: memory and swap are not limited together.", swap, ("limits", "memory"), "docs.docker.com resource constraints", ("set_memory_limit",), details=("limit_bytes", "value")),
        Audit("image_latest", "Its image is named so that nobody knows which one runs.", "Its image {image} is named {how}: what runs next time is left to chance.", latest, ("identity",), "hadolint DL3006, DL3007; kube-linter latest-tag", ("recreate", "rebuild_advice"), details=("image",)),
        Audit("image_not_pinned", "Its image is named by a tag that can move, though it has a digest.", "Its image {image} is named by a tag, which can move, and not by its digest.", unpinned, ("identity", "image"), "hadolint DL3006", details=("image",)),
        Audit("no_healthcheck", "Nothing tells whether it works.", "It has no healthcheck: nothing tells whether it works.", where("health_command", nothing), ("config",), "docker-bench 4.6, 5.27"),
        Audit("no_restart_policy", "Nothing starts it again after a failure.", "It has no restart policy: a service that must stay wants unless-stopped, one that may fail for good on-failure with a limit, a job none.", where("restart_policy", lambda value: value == "no"), ("limits",), "docker-bench 5.15", ("set_restart_policy",)),
        Audit("no_log_rotation", "Its log grows without bound.", "Its log has no {setting}: it grows until the disk is full.", no_rotation, ("config",), "docs.docker.com logging", details=("setting",)),
        Audit("port_on_all_addresses", "A port is published on every address of the host.", "Published on every address of the host: {ports}.", everywhere, ("ports",), "docker-bench 5.14", details=("host_port",)),
        Audit("privileged_port_published", "A port of the host below 1024 is published.", "The host's port {host_port}, below 1024, is published.", low_port, ("ports",), "docker-bench 5.8", details=("host_port",)),
        Audit("default_bridge", "It is on the default bridge, where names do not resolve and all are neighbours.", "It is on the default {network}, where containers have no names and all are neighbours.", default_bridge, ("config",), "docker-bench 5.30", ("connect_network", "recreate"), details=("network",)),
    )
)  # fmt: skip
