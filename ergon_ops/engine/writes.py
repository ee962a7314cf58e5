"""The real hands that change something, one call of the Engine API each. Imported by `changes/` and `stack/` only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from ergon_ops.engine.caller import Caller
from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.protocols import ContainerSpec, Writes
from ergon_ops.errors import EngineConflict, ErgonError

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

T = TypeVar("T")
DEADLINE_S = 20.0
GRACE_S = 15.0
LIMITS = frozenset({"Memory", "MemorySwap", "NanoCpus", "CpuShares", "CpusetCpus", "PidsLimit", "RestartPolicy"})
LIFTED = frozenset({"MemorySwap", "PidsLimit"})


def open_writes(endpoint: Endpoint) -> Writes:
    """Connects on the first call."""
    return DockerWrites(endpoint)


class DockerWrites:
    def __init__(self, endpoint: Endpoint) -> None:
        self.host = endpoint.host
        self._caller = Caller(endpoint)

    async def restart(self, container_id: str, *, timeout_s: int) -> None:
        await self._post("restart it", container_id, "restart", timeout_s + GRACE_S, t=timeout_s)

    async def start(self, container_id: str) -> None:
        await self._post("start it", container_id, "start", DEADLINE_S + GRACE_S)

    async def stop(self, container_id: str, *, timeout_s: int) -> None:
        await self._post("stop it", container_id, "stop", timeout_s + GRACE_S, t=timeout_s)

    async def pause(self, container_id: str) -> None:
        await self._post("pause it", container_id, "pause")

    async def unpause(self, container_id: str) -> None:
        await self._post("unpause it", container_id, "unpause")

    async def update(self, container_id: str, changes: Mapping[str, Any]) -> None:
        unknown = sorted(set(changes) - LIMITS)
        if unknown:
            raise EngineConflict(f"The engine cannot update {', '.join(unknown)}.")
        # For the engine null means "as it is", and -1 lifts what can be lifted.
        body = {key: -1 if value is None and key in LIFTED else value for key, value in changes.items()}
        # The SDK's own `update` knows neither NanoCpus nor PidsLimit.
        await self._do("change its limits", lambda api: api.submit(_of(container_id, "update"), body))

    async def create(self, spec: ContainerSpec) -> str:
        """The new container's id. Its further networks are connected one by one, as engines before 25 demand."""
        make = self._do(
            f"create {spec.name}", lambda api: api.submit("/containers/create", container_body(spec), name=spec.name)
        )
        made = str((await make)["Id"])
        try:
            for network in spec.networks[1:]:
                await self._connect(made, network, spec.aliases)
        except ErgonError:
            await self.remove(made, force=True)
            raise
        return made

    async def remove(self, container_id: str, *, force: bool = False, volumes: bool = False) -> None:
        await self._do("remove it", lambda api: api.drop(_of(container_id), force=force, v=volumes))

    async def create_network(self, name: str, *, labels: Mapping[str, str]) -> str:
        body = {"Name": name, "Driver": "bridge", "CheckDuplicate": True, "Labels": dict(labels)}
        made = await self._do(f"create network {name}", lambda api: api.submit("/networks/create", body))
        return str(made["Id"])

    async def remove_network(self, name: str) -> None:
        await self._do(f"remove network {name}", lambda api: api.drop(f"/networks/{quote(name)}"))

    async def networks(self, *, label: str) -> tuple[str, ...]:
        found = await self._do("list networks", lambda api: api.fetch("/networks", filters={"label": [label]}))
        return tuple(sorted(str(network["Name"]) for network in found))

    async def create_volume(self, name: str, *, labels: Mapping[str, str]) -> str:
        body = {"Name": name, "Labels": dict(labels)}
        made = await self._do(f"create volume {name}", lambda api: api.submit("/volumes/create", body))
        return str(made["Name"])

    async def remove_volume(self, name: str) -> None:
        await self._do(f"remove volume {name}", lambda api: api.drop(f"/volumes/{quote(name)}"))

    async def volumes(self, *, label: str) -> tuple[str, ...]:
        found = await self._do("list volumes", lambda api: api.fetch("/volumes", filters={"label": [label]}))
        return tuple(sorted(str(volume["Name"]) for volume in found.get("Volumes") or ()))

    async def close(self) -> None:
        self._caller.close()

    async def _connect(self, container_id: str, network: str, aliases: Sequence[str]) -> None:
        body = {"Container": container_id, "EndpointConfig": {"Aliases": list(aliases)}}
        path = f"/networks/{quote(network, safe='')}/connect"
        await self._do(f"connect it to {network}", lambda api: api.submit(path, body))

    async def _post(self, doing: str, container_id: str, verb: str, deadline_s: float = DEADLINE_S, **of: Any) -> None:
        await self._do(doing, lambda api: api.submit(_of(container_id, verb), **of), deadline_s)

    async def _do(self, doing: str, function: Callable[[Client], T], deadline_s: float = DEADLINE_S) -> T:
        return await self._caller.call(function, deadline_s=deadline_s, doing=doing)


def _of(container_id: str, verb: str = "") -> str:
    return f"/containers/{quote(container_id, safe='')}{'/' if verb else ''}{verb}"


def restart_policy(text: str) -> dict[str, Any]:
    """`no`, `always`, `unless-stopped`, `on-failure` or `on-failure:3`, as the docker CLI writes them."""
    word, _, retries = text.partition(":")
    return {"Name": word or "no", "MaximumRetryCount": int(retries or 0)}


def container_body(spec: ContainerSpec) -> dict[str, Any]:
    """The Engine API's document for `spec`; `spec.health` is its Healthcheck as it stands (times in nanoseconds)."""
    body: dict[str, Any] = {
        "Image": spec.image,
        "Env": [f"{key}={value}" for key, value in spec.environment.items()],
        "Labels": dict(spec.labels),
        "ExposedPorts": {f"{port.port}/{port.protocol}": {} for port in spec.ports},
        "HostConfig": host_config(spec),
    }
    if spec.command is not None:
        body["Cmd"] = list(spec.command)
    if spec.health is not None:
        body["Healthcheck"] = dict(spec.health)
    if spec.networks:
        body["NetworkingConfig"] = {"EndpointsConfig": {spec.networks[0]: {"Aliases": list(spec.aliases)}}}
    return body


def host_config(spec: ContainerSpec) -> dict[str, Any]:
    published: dict[str, list[dict[str, str]]] = {}
    for port in spec.ports:
        if port.host_port:
            place = {"HostIp": port.host_ip, "HostPort": str(port.host_port)}
            published.setdefault(f"{port.port}/{port.protocol}", []).append(place)
    config: dict[str, Any] = {
        "Binds": list(spec.volumes),
        "Tmpfs": dict(spec.tmpfs),
        "PortBindings": published,
        "RestartPolicy": restart_policy(spec.restart),
        "Init": spec.init,
    }
    if spec.networks:
        config["NetworkMode"] = spec.networks[0]
    if spec.memory_bytes:
        config["Memory"] = spec.memory_bytes
    if spec.cpus:
        config["NanoCpus"] = round(spec.cpus * 1e9)
    if spec.pids:
        config["PidsLimit"] = spec.pids
    return config
