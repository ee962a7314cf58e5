"""What a schema cannot say: references, circles, clashes. Works on the raw document: one pass names everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ergon_ops.manifest.order import circles, in_order
from ergon_ops.manifest.problems import Problem, nearest, pointer
from ergon_ops.refs import RESERVED_CI_NAMES

OWN_LABELS = "io.ergon-ops."
SETTABLE_LABELS = {"io.ergon-ops.expected": ("paused", "stopped")}


def problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    applications, containers = _objects(root.get("applications")), _objects(root.get("containers"))
    if not applications and not containers:
        yield Problem("", "there is no application and no container", "add at least one of either")
    needs = {name: _texts(entry.get("depends_on")) for name, entry in containers.items()}
    for name, entry in containers.items():
        yield from _contents(name, entry, applications)
        yield from _needs(name, needs)
        yield from _labels(name, entry)
        yield from _objectives(name, entry)
    yield from _circles(needs)
    yield from _ports(containers, applications)
    yield from _ci_names(containers)
    yield from _build_order(root, needs)


def _objects(value: Any) -> dict[str, dict[str, Any]]:
    """The members that are objects; the schema complains about the others."""
    return {name: item for name, item in value.items() if isinstance(item, dict)} if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _contents(name: str, entry: Mapping[str, Any], applications: Mapping[str, Any]) -> Iterator[Problem]:
    at = ("containers", name)
    wanted = _texts(entry.get("applications"))
    if not wanted and not entry.get("image"):
        yield Problem(pointer(at), "has neither an image nor applications", "name what runs in it")
    # Both is fine: the image is what is started, the applications say what runs inside it.
    for index, wish in enumerate(wanted):
        where = pointer((*at, "applications", index))
        if wish not in applications:
            yield Problem(
                where, f'there is no application "{wish}"', nearest(wish, applications) or "describe it first"
            )
        elif wish in wanted[:index]:
            yield Problem(where, f'the application "{wish}" is listed twice', "keep one of them")


def _needs(name: str, needs: Mapping[str, list[str]]) -> Iterator[Problem]:
    """A need may run elsewhere; one that looks like a container of ours misspelled is a mistake."""
    for index, need in enumerate(needs[name]):
        near = get_close_matches(need, [other for other in needs if other != name], n=1, cutoff=0.8)
        if need not in needs and near:
            where = pointer(("containers", name, "depends_on", index))
            yield Problem(where, f'there is no container "{need}"', f'did you mean "{near[0]}"?')


def _labels(name: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    labels = entry.get("labels")
    for label, value in labels.items() if isinstance(labels, dict) else ():
        where = pointer(("containers", name, "labels", label))
        allowed = SETTABLE_LABELS.get(label)
        if allowed and value not in allowed:
            yield Problem(where, f"cannot be {value!r}", f"one of {', '.join(allowed)}")
        elif label.startswith(OWN_LABELS) and not allowed:
            yield Problem(where, "labels of io.ergon-ops are set by ergon-ops", "remove it")


def _objectives(name: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    slo = entry.get("slo")
    for key, value in slo.items() if isinstance(slo, dict) else ():
        if str(key).endswith("_ratio") and isinstance(value, int | float) and value > 1:
            yield Problem(pointer(("containers", name, "slo", key)), f"{value} is out of range", "a ratio is 0 to 1")


def _circles(needs: Mapping[str, list[str]]) -> Iterator[Problem]:
    for circle in circles(needs):
        where = pointer(("containers", circle[0], "depends_on", needs[circle[0]].index(circle[1])))
        yield Problem(where, f"depends on itself: {' → '.join(circle)}", "remove one of these dependencies")


def _ports(containers: Mapping[str, Any], applications: Mapping[str, Any]) -> Iterator[Problem]:
    taken: dict[tuple[int, str], list[tuple[str, str]]] = defaultdict(list)
    for name, entry in containers.items():
        for index, port in enumerate(entry.get("ports") or () if isinstance(entry.get("ports"), list) else ()):
            if not isinstance(port, dict) or not isinstance(port.get("host"), int):
                continue
            where, ip = pointer(("containers", name, "ports", index, "host")), str(port.get("host_ip", "127.0.0.1"))
            slot = taken[port["host"], str(port.get("protocol", "tcp"))]
            other = next(
                (other for other, theirs in slot if ip == theirs or {ip, theirs} & {"0.0.0.0", "::", ""}), None
            )
            if other is not None:
                yield Problem(where, f"port clash: {port['host']} is published by {other} too", "choose another port")
            slot.append((name, ip))
        yield from _inner_ports(name, entry, applications)


def _inner_ports(name: str, entry: Mapping[str, Any], applications: Mapping[str, Any]) -> Iterator[Problem]:
    """Two applications in one container cannot listen on one port."""
    owner: dict[int, str] = {}
    for index, wish in enumerate(_texts(entry.get("applications"))):
        ports = applications.get(wish, {}).get("ports")
        for port in ports if isinstance(ports, list) else ():
            if isinstance(port, int) and owner.setdefault(port, wish) != wish:
                where = pointer(("containers", name, "applications", index))
                yield Problem(
                    where, f"port clash: {owner[port]} and {wish} both listen on {port}", "change one of them"
                )


def _ci_names(containers: Mapping[str, Any]) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for name, entry in containers.items():
        ci_name = entry.get("ci_name")
        if not isinstance(ci_name, str):
            continue
        where = pointer(("containers", name, "ci_name"))
        if ci_name in RESERVED_CI_NAMES:
            yield Problem(where, f'"{ci_name}" is taken: it means every container', "choose another name")
        elif owner.setdefault(ci_name, name) != name:
            yield Problem(where, f'"{ci_name}" is the name of {owner[ci_name]} already', "a CI name is unique")


def _build_order(root: Mapping[str, Any], needs: Mapping[str, list[str]]) -> Iterator[Problem]:
    packaging = root.get("packaging")
    listed = _texts(packaging.get("build_order")) if isinstance(packaging, dict) else []
    for index, name in enumerate(listed):
        where = pointer(("packaging", "build_order", index))
        late = [need for need in needs.get(name, ()) if need in listed[index + 1 :]]
        if name not in needs:
            yield Problem(where, f'there is no container "{name}"', nearest(name, needs))
        elif name in listed[:index]:
            yield Problem(where, f'"{name}" is listed twice', "keep one of them")
        elif late and name in in_order(needs):
            right = ", ".join(one for one in in_order(needs) if one in listed)
            yield Problem(where, f"{name} comes before {late[0]}, which it depends on", f"in order: {right}")
