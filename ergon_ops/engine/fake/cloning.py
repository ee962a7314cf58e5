"""The verbs of `Writes` that a change takes apart from starting and stopping: limits, names, networks, a second one."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from ergon_ops.engine import appsettings
from ergon_ops.engine.fake.container import Attachment, FakeContainer, Mount, Totals
from ergon_ops.engine.fake.world import FakeWorld
from ergon_ops.engine.protocols import PublishedPort, Setting, Standing
from ergon_ops.errors import EngineConflict, NoSuchContainer


class FakeCloning(FakeWorld):
    async def limits(self, container_id: str) -> Mapping[str, Any]:
        await self.gate("limits")
        container = self.find(container_id)
        return {
            "Memory": container.memory_limit or 0,
            "MemorySwap": container.memory_swap_limit or 0,
            "NanoCpus": round((container.cpu_limit or 0) * 1e9),
            "CpuQuota": 0,
            "CpuPeriod": 0,
            "CpuShares": container.cpu_shares or 0,
            "CpusetCpus": container.cpuset or "",
            "PidsLimit": container.pids_limit,
            "RestartPolicy": {"Name": container.restart_policy, "MaximumRetryCount": container.restart_max},
        }

    async def standing(self, container: str) -> Standing | None:
        await self.gate("standing")
        try:
            found = self.find(container)
        except NoSuchContainer:
            return None
        return Standing(found.id, found.name, found.state) if container in (found.id, found.name) else None

    async def rename(self, container_id: str, name: str) -> None:
        await self.gate("rename")
        container = self.find(container_id)
        if name in self.inventory:
            raise EngineConflict(f"the name {name} is taken", next="remove that container or choose another name")
        del self.inventory[container.name]
        former, container.name = container.name, name
        self.inventory[name] = container
        self.note(container, "rename", oldName=f"/{former}")

    async def connect(self, container_id: str, network: str, *, aliases: Sequence[str]) -> None:
        await self.gate("connect")
        container = self.find(container_id)
        if network not in self.known_networks:
            raise EngineConflict(f"network {network} not found", next="`docker network ls` shows them")
        if network in container.networks:
            raise EngineConflict(f"{container.name} is on network {network} already")
        container.networks[network] = Attachment("172.31.0.9", tuple(aliases))

    async def disconnect(self, container_id: str, network: str) -> None:
        await self.gate("disconnect")
        container = self.find(container_id)
        if network not in container.networks:
            raise EngineConflict(f"{container.name} is not connected to network {network}")
        del container.networks[network]

    async def obstacles(self, container_id: str) -> tuple[str, ...]:
        await self.gate("obstacles")
        container = self.find(container_id)
        found = []
        if container.auto_remove:
            found.append("was started with --rm: the engine removes it when it stops, so nothing could be put back")
        if "com.docker.swarm.task" in container.labels:
            service = container.labels.get("com.docker.swarm.service.name")
            found.append(f"is a task of the swarm service {service}: use docker service update")
        if container.state == "paused":
            found.append("is paused: unpause it first")
        mine = (f"container:{container.name}", f"container:{container.id}")
        for other in self.inventory.values():
            if other.network_mode in mine:
                found.append(f"lends its network namespace to {other.name}, which would lose it")
        return tuple(found)

    async def clone(self, container_id: str, name: str, patch: Mapping[str, Any]) -> str:
        await self.gate("clone")
        source = self.find(container_id)
        if name in self.inventory:
            raise EngineConflict(f"the name {name} is taken", next="remove that container or choose another name")
        if patch.get("image", source.image) not in self.tags:
            raise EngineConflict(f"no such image: {patch['image']}", next="pull or build it first")
        made = copy.deepcopy(source)
        made.name, made.id, made.state, made.totals, made.logs = name, "", "created", Totals(), []
        made.created_at = made.started_at = made.finished_at = 0.0
        made.age_s = made.up_s = 0.0
        made.restart_count, made.exit_code, made.memory_oom_kills, made.oom_killed = 0, 0, 0, False
        made.processes, made.listening = list(source.boot[0]), list(source.boot[1])
        _apply(made, patch)
        if recipe := self.recipes.get(made.image):
            recipe(made)
        return self.add(made).id

    async def read_setting(self, container_id: str, service: str, setting: str) -> Setting:
        await self.gate("read_setting")
        appsettings.known(service, setting)
        container = self.find(container_id)
        if (service, setting) not in container.settings:
            raise EngineConflict(f"{service} refused: nobody answers", next=f"ask {service} by hand")
        return Setting(container.settings[service, setting], ours=True)

    async def write_setting(
        self, container_id: str, service: str, setting: str, value: str | None, *, persist: bool
    ) -> None:
        await self.gate("write_setting")
        self.find(container_id).settings[service, setting] = str(value)


def _apply(made: FakeContainer, patch: Mapping[str, Any]) -> None:
    for key, value in patch.items():
        match key:
            case "env":
                changed = {**made.environment, **value}
                made.environment = {name: item for name, item in changed.items() if item is not None}
            case "command":
                made.command = " ".join(value)
            case "image":
                made.image, made.image_id = value, ""
            case "user" | "init" | "shm_size":
                setattr(made, key, value)
            case "ports":
                made.ports = tuple(
                    PublishedPort(row.get("host_ip", ""), row["host"], row["container"], row.get("protocol", "tcp"))
                    for row in value
                )
            case "mounts":
                gone = {row["target"] for row in value}
                kept = tuple(mount for mount in made.mounts if mount.destination not in gone)
                made.mounts = kept + tuple(
                    Mount(row["target"], row["type"], row.get("source", ""), not row.get("read_only"))
                    for row in value
                    if row["type"] != "none"
                )
            case "log":
                made.log_driver, made.log_options = value["driver"], dict(value.get("options") or {})
            case "healthcheck":
                made.health_command = " ".join(value["test"][1:])
                made.health = "none" if value["test"] == ["NONE"] else "healthy"
            case "limits":
                _limit(made, value)


def _limit(made: FakeContainer, limits: Mapping[str, Any]) -> None:
    names = {"Memory": "memory_limit", "MemorySwap": "memory_swap_limit", "CpuShares": "cpu_shares"}
    for key, value in limits.items():
        if key == "NanoCpus":
            made.cpu_limit = value / 1e9 or None
        elif key in names:
            setattr(made, names[key], value or None)
