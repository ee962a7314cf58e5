"""The fake's `Writes`: each verb does to the world what the real engine does, events included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.engine.fake.cloning import FakeCloning
from ergon_ops.engine.fake.container import Attachment, FakeContainer, Mount
from ergon_ops.engine.protocols import ContainerSpec
from ergon_ops.errors import EngineConflict

UNLIMITED = (None, 0, -1)
ANONYMOUS = 64  # length of the names the engine gives


class FakeWrites(FakeCloning):
    async def restart(self, container_id: str, *, timeout_s: int) -> None:
        await self.gate("restart")
        container = self.find(container_id)
        if container.state == "paused":
            raise EngineConflict(f"{container.name} is paused", next="unpause it first")
        if container.alive:
            self._stop(container)
        self._start(container)
        self.note(container, "restart")

    async def start(self, container_id: str) -> None:
        await self.gate("start")
        container = self.find(container_id)
        if not container.alive:
            self._start(container)

    async def stop(self, container_id: str, *, timeout_s: int) -> None:
        await self.gate("stop")
        container = self.find(container_id)
        if container.active:
            self._stop(container)

    async def pause(self, container_id: str) -> None:
        await self._freeze(container_id, "pause", needs="running", becomes="paused")

    async def unpause(self, container_id: str) -> None:
        await self._freeze(container_id, "unpause", needs="paused", becomes="running")

    async def update(self, container_id: str, changes: Mapping[str, Any]) -> None:
        await self.gate("update")
        container = self.find(container_id)
        if unknown := sorted(set(changes) - set(UPDATES) - {"RestartPolicy"}):
            raise EngineConflict(f"the engine cannot update {', '.join(unknown)}")
        memory = changes.get("Memory", container.memory_limit) or 0
        swap = changes.get("MemorySwap", container.memory_swap_limit) or 0
        given = {key for key in ("Memory", "NanoCpus", "CpuShares") if changes.get(key) == -1}
        if given:
            raise EngineConflict(f"{min(given)}: out of range")  # as the engine: none of these can be lifted
        if memory and not changes.get("MemorySwap") and memory > swap >= 0 and "Memory" in changes:
            raise EngineConflict("Memory limit should be smaller than already set memoryswap limit", next="set both")
        if swap > 0 and memory > swap:
            raise EngineConflict("memory limit should be smaller than the memory-and-swap limit", next="set both")
        for key, value in changes.items():
            self._set(container, key, value)
        self.note(container, "update")

    async def create(self, spec: ContainerSpec) -> str:
        await self.gate("create")
        if spec.name in self.inventory:
            raise EngineConflict(f"the name {spec.name} is taken", next="remove that container or choose another name")
        if spec.image not in self.tags:
            raise EngineConflict(f"no such image: {spec.image}", next="pull or build it first")
        container = _made(spec)
        if recipe := self.recipes.get(spec.image):
            recipe(container)
        return self.add(container).id

    async def remove(self, container_id: str, *, force: bool = False, volumes: bool = False) -> None:
        await self.gate("remove")
        container = self.find(container_id)
        if container.active and not force:
            raise EngineConflict(f"{container.name} is running", next="stop it first")
        if container.alive:
            self.end(container, exit_code=137)
        self.drop(container.name)
        if volumes:
            for mount in container.mounts:
                if len(mount.source) == ANONYMOUS:  # as the engine: a volume with a name of its own stays
                    self.known_volumes.pop(mount.source, None)

    async def create_network(self, name: str, *, labels: Mapping[str, str]) -> str:
        await self.gate("create_network")
        if name in self.known_networks:
            raise EngineConflict(f"network {name} already exists")
        self.known_networks[name] = dict(labels)
        return name

    async def remove_network(self, name: str) -> None:
        await self.gate("remove_network")
        if any(name in container.networks for container in self.inventory.values() if container.alive):
            raise EngineConflict(f"network {name} has active endpoints", next="stop its containers first")
        self.known_networks.pop(name, None)

    async def networks(self, *, label: str) -> tuple[str, ...]:
        await self.gate("networks")
        return tuple(name for name, labels in self.known_networks.items() if labelled(labels, label))

    async def remove_volume(self, name: str) -> None:
        await self.gate("remove_volume")
        if any(mount.source == name for container in self.inventory.values() for mount in container.mounts):
            raise EngineConflict(f"volume {name} is in use", next="remove its containers first")
        self.known_volumes.pop(name, None)

    async def create_volume(self, name: str, *, labels: Mapping[str, str]) -> str:
        await self.gate("create_volume")
        self.known_volumes.setdefault(name, dict(labels))
        return name

    async def volumes(self, *, label: str) -> tuple[str, ...]:
        await self.gate("volumes")
        return tuple(name for name, labels in self.known_volumes.items() if labelled(labels, label))

    # -- what the verbs share ----------------------------------------------------------------------------------------

    def _start(self, container: FakeContainer) -> None:
        wanted = {(port.host_port, port.protocol) for port in container.ports if port.host_port}
        for other in self.inventory.values():
            taken = {(port.host_port, port.protocol) for port in other.ports} if other.alive else set()
            if other is not container and (clash := sorted(wanted & taken)):
                container.exit_code, container.start_error = 128, f"port {clash[0][0]} is already allocated"
                raise EngineConflict(container.start_error, next=f"{other.name} has it")
        self.begin(container)

    def _stop(self, container: FakeContainer) -> None:
        self.note(container, "kill", signal="15")
        self.end(container, exit_code=0)
        self.note(container, "stop")

    async def _freeze(self, container_id: str, verb: str, *, needs: str, becomes: str) -> None:
        await self.gate(verb)
        container = self.find(container_id)
        if container.state != needs:
            raise EngineConflict(f"{container.name} is {container.state}, not {needs}")
        container.state = becomes
        self.note(container, verb)

    def _set(self, container: FakeContainer, key: str, value: Any) -> None:
        if key == "RestartPolicy":
            container.restart_policy = str(value.get("Name") or "no")
            container.restart_max = int(value.get("MaximumRetryCount") or 0)
        elif key == "NanoCpus":
            container.cpu_limit = None if value in UNLIMITED else value / 1e9
            used = container.cpu_cores
            container.throttled_ratio = container.throttled_ratio if (container.cpu_limit or 1e9) <= used * 1.1 else 0.0
        elif key == "MemorySwap":
            container.memory_swap_limit = None if value in (None, 0) else value
        else:
            setattr(container, UPDATES[key], None if value in UNLIMITED else value)


UPDATES = {
    "Memory": "memory_limit",
    "MemorySwap": "memory_swap_limit",
    "NanoCpus": "cpu_limit",
    "CpuShares": "cpu_shares",
    "CpusetCpus": "cpuset",
    "PidsLimit": "pids_limit",
}


def _made(spec: ContainerSpec) -> FakeContainer:
    mounts = [_volume(volume) for volume in spec.volumes] + [Mount(place, "tmpfs") for place in spec.tmpfs]
    networks = spec.networks or ("bridge",)
    memory = spec.memory_bytes
    test = list((spec.health or {}).get("Test") or (spec.health or {}).get("test") or [])
    return FakeContainer(
        spec.name,
        spec.image,
        state="created",
        age_s=0.0,
        up_s=0.0,
        command=" ".join(spec.command or ()),
        environment=dict(spec.environment),
        labels=dict(spec.labels),
        ports=spec.ports,
        exposed=tuple(port.port for port in spec.ports),
        networks={
            name: Attachment(f"172.30.{i}.{2 + len(spec.name)}", spec.aliases) for i, name in enumerate(networks)
        },
        mounts=tuple(mounts),
        memory_limit=memory,
        memory_swap_limit=memory * 2 if memory else None,
        cpu_limit=spec.cpus,
        pids_limit=spec.pids,
        restart_policy=spec.restart,
        init=spec.init,
        health="healthy" if spec.health else "none",
        health_command=" ".join(map(str, test)),
    )


def _volume(text: str) -> Mount:
    source, _, rest = text.partition(":")
    destination, _, mode = rest.partition(":")
    kind = "bind" if source.startswith("/") else "volume"
    return Mount(destination or source, kind, source, writable="ro" not in mode.split(","))


def labelled(labels: Mapping[str, str], wanted: str) -> bool:
    """`key` or `key=value`, as the engine's label filter."""
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)
