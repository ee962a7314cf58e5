"""Audit results are results of an audit: never faults, never with a value of a secret."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import RULES, diagnose
from tests.diagnosis.making import API, causes, found, scene

PUBLISHED = {"published_port": {"0.0.0.0:22/tcp": 22}}
SHOWN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("privileged", {"privileged": True}, {}),
    ("docker_socket_mounted", {"keyed": {"mount_source": {"/var/run/docker.sock": "/var/run/docker.sock"}}}, {"mount": "/var/run/docker.sock"}),
    ("host_namespace", {"pid_mode": "host", "network_mode": "host"}, {"value": "network, pid"}),
    ("host_path_mounted", {"keyed": {"mount_source": {"/host": "/etc"}}}, {"mount": "/host", "path": "/etc"}),
    ("capability_added", {"keyed": {"capability_added": {"NET_ADMIN": True}}}, {"value": "NET_ADMIN"}),
    ("runs_as_root", {"user": None}, {"user": "root"}),
    ("no_new_privileges_missing", {"ipc_mode": "private"}, {}),
    ("seccomp_off", {"keyed": {"security_option": {"seccomp": "unconfined"}}}, {"setting": "seccomp"}),
    ("secret_in_env", {"keyed": {"env_secret": {"DB_PASSWORD": True}}}, {"env_key": "DB_PASSWORD"}),
    ("secret_in_log", {"log_secrets": 2}, {"count": 2}),
    ("ssh_inside", {"keyed": {"process": {"7": "sshd"}}}, {"service": "sshd"}),
    ("rootfs_writable", {"readonly_rootfs": False, "rootfs_written": 0}, {}),
    ("no_memory_limit", {"memory_limit": None}, {}),
    ("no_cpu_limit", {"cpu_limit": None, "cpu_shares": None}, {}),
    ("no_pids_limit", {"pids_limit": None}, {}),
    ("swap_unbounded", {"memory_limit": 64 << 20, "memory_swap_limit": -1}, {"value": -1}),
    ("image_latest", {"image": "shop/api"}, {"image": "shop/api"}),
    ("image_latest", {"image": "registry.example:5000/shop/api:latest"}, {}),
    ("image_not_pinned", {"image": "shop/api:1", "image_pinned": True}, {"image": "shop/api:1"}),
    ("no_healthcheck", {"health_command": None}, {}),
    ("no_restart_policy", {"restart_policy": "no"}, {}),
    ("no_log_rotation", {"log_driver": "json-file"}, {"setting": "max-size"}),
    ("port_on_all_addresses", {"keyed": PUBLISHED}, {"host_port": 22}),
    ("privileged_port_published", {"keyed": PUBLISHED}, {"host_port": 22}),
    ("default_bridge", {"network_mode": "default"}, {"network": "bridge"}),
]  # fmt: skip
# ruff: noqa: E501


@pytest.mark.parametrize(("cause", "values", "details"), SHOWN, ids=[row[0] for row in SHOWN])
def test_each_item_is_audit_and_no_fault(cause: str, values: dict[str, Any], details: dict[str, Any]) -> None:
    made = scene(**values)
    items = found(made, nature="audit")
    assert cause in items
    assert details.items() <= items[cause].details.items()
    assert causes(made) == []


TIDY: dict[str, Any] = {
    "privileged": False, "pid_mode": "", "network_mode": "shop", "ipc_mode": "private", "user": "1000", "memory_limit": 64 << 20,
    "memory_swap_limit": 64 << 20, "cpu_limit": 1.0, "cpu_shares": None, "pids_limit": 50, "image": "shop/api@sha256:0a",
    "image_pinned": True, "health_command": "wget -q x", "restart_policy": "unless-stopped", "log_driver": "local",
    "readonly_rootfs": True, "rootfs_written": 0,
    "keyed": {
        "security_option": {"no-new-privileges": "true"}, "published_port": {"127.0.0.1:8080/tcp": 80},
        "mount_source": {"/etc/app.conf": "/srv/app.conf"},
    },
}  # fmt: skip


def test_a_tidy_container_has_none() -> None:
    assert causes(scene(**TIDY), nature="audit") == []


def test_what_was_not_read_is_not_judged() -> None:
    assert causes(scene(), nature="audit") == []


def test_a_container_that_has_everything_wrong_and_works_has_no_fault() -> None:
    everything: dict[str, Any] = {"keyed": {}}
    for _, values, _ in SHOWN:
        everything["keyed"].update(values.get("keyed", {}))
        everything.update({key: value for key, value in values.items() if key != "keyed"})
    assert {item.nature for item in diagnose(scene(**everything), API)} == {"audit"}


def test_audit_items_are_not_symptoms_and_say_who_says_so() -> None:
    items = [rule for rule in RULES.values() if rule.nature == "audit"]
    assert len(items) >= 25
    assert [rule.cause for rule in items if rule.symptom or "Source: " not in (rule.function.__doc__ or "")] == []
