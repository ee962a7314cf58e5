"""The real hands that change something, one call of the Engine API each. Imported by `changes/` and `stack/` only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from ergon_ops.engine import appsettings, recreation
from ergon_ops.engine.caller import Caller
from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.documents import Document, part, rows, text, words
from ergon_ops.engine.protocols import ContainerSpec, Setting, Standing, Writes
from ergon_ops.errors import EngineConflict, ErgonError, NoSuchContainer

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

T = TypeVar("T")
DEADLINE_S = 20.0
GRACE_S = 15.0
AT_ONCE = 8
LIMITS = (
    "Memory", "MemorySwap", "NanoCpus", "CpuQuota", "CpuPeriod", "CpuShares", "CpusetCpus", "PidsLimit",
    "RestartPolicy",
)  # fmt: skip
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
        unknown = sorted(set(changes) - set(LIMITS))
        if unknown:
            raise EngineConflict(f"The engine cannot update {', '.join(unknown)}.")
        # For the engine null means "as it is", and -1 lifts what can be lifted.
        body = {key: -1 if value is None and key in LIFTED else value for key, value in changes.items()}
        # The SDK's own `update` knows neither NanoCpus nor PidsLimit.
        await self._do("change its limits", lambda api: api.submit(_of(container_id, "update"), body))

    async def limits(self, container_id: str) -> Mapping[str, Any]:
        host = part(await self._inspect(container_id), "HostConfig")
        return {key: host.get(key) for key in LIMITS}

    async def standing(self, container: str) -> Standing | None:
        try:
            found = await self._inspect(container)
        except NoSuchContainer:
            return None
        name = text(found, "Name").removeprefix("/")
        # An engine also takes the beginning of an id for a name.
        if container not in (name, text(found, "Id")):
            return None
        return Standing(text(found, "Id"), name, text(found, "State.Status"))

    async def rename(self, container_id: str, name: str) -> None:
        await self._post("rename it", container_id, "rename", name=name)

    async def connect(self, container_id: str, network: str, *, aliases: Sequence[str]) -> None:
        await self._connect(container_id, network, {"Aliases": list(aliases)})

    async def disconnect(self, container_id: str, network: str) -> None:
        path, body = f"/networks/{quote(network, safe='')}/disconnect", {"Container": container_id, "Force": False}
        await self._do(f"disconnect it from {network}", lambda api: api.submit(path, body))

    async def obstacles(self, container_id: str) -> tuple[str, ...]:
        listed = await self._do("list containers", lambda api: api.fetch("/containers/json", all=True))
        turns = asyncio.Semaphore(AT_ONCE)

        async def describe(other: str) -> Document:
            async with turns:
                return await self._do("say who depends on it", lambda api: _known(api, other))

        others = [text(row, "Id") for row in rows(listed)]
        found = await asyncio.gather(*(describe(other) for other in others if other != container_id))
        return recreation.obstacles(await self._inspect(container_id), found)

    async def clone(self, container_id: str, name: str, patch: Mapping[str, Any]) -> str:
        source = await self._do("describe it", lambda api: _source(api, container_id))
        clone = recreation.clone_of(source, patch)
        made = await self._do(
            f"create {name}", lambda api: api.submit("/containers/create", clone.body, name=name), DEADLINE_S + GRACE_S
        )
        key = str(made["Id"])
        try:
            for network in clone.unwanted:
                await self.disconnect(key, network)
            for network, settings in clone.further.items():
                await self._connect(key, network, settings)
        except ErgonError:
            await self.remove(key, force=True)
            raise
        return key

    async def read_setting(self, container_id: str, service: str, setting: str) -> Setting:
        known = appsettings.known(service, setting)
        return await self._do(f"ask {service}", lambda api: known.read(appsettings.Inside(api, container_id)))

    async def write_setting(
        self, container_id: str, service: str, setting: str, value: str | None, *, persist: bool
    ) -> None:
        known = appsettings.known(service, setting)
        await self._do(
            f"set {service}'s {setting}", lambda api: known.write(appsettings.Inside(api, container_id), value, persist)
        )

    async def create(self, spec: ContainerSpec) -> str:
        """The new container's id. Its further networks are connected one by one, as engines before 25 demand."""
        make = self._do(
            f"create {spec.name}", lambda api: api.submit("/containers/create", container_body(spec), name=spec.name)
        )
        made = str((await make)["Id"])
        try:
            for network in spec.networks[1:]:
                await self.connect(made, network, aliases=spec.aliases)
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

    async def _inspect(self, container: str) -> Document:
        found: Document = await self._do("describe it", lambda api: api.fetch(_of(container, "json")))
        return found

    async def _connect(self, container_id: str, network: str, settings: Mapping[str, Any]) -> None:
        body = {"Container": container_id, "EndpointConfig": settings}
        path = f"/networks/{quote(network, safe='')}/connect"
        await self._do(f"connect it to {network}", lambda api: api.submit(path, body))

    async def _post(self, doing: str, container_id: str, verb: str, deadline_s: float = DEADLINE_S, **of: Any) -> None:
        await self._do(doing, lambda api: api.submit(_of(container_id, verb), **of), deadline_s)

    async def _do(self, doing: str, function: Callable[[Client], T], deadline_s: float = DEADLINE_S) -> T:
        return await self._caller.call(function, deadline_s=deadline_s, doing=doing)


def _of(container_id: str, verb: str = "") -> str:
    return f"/containers/{quote(container_id, safe='')}{'/' if verb else ''}{verb}"


def _known(api: Client, container_id: str) -> Document:
    """A container that may be gone by now."""
    from docker.errors import NotFound

    try:
        found: Document = api.fetch(_of(container_id, "json"))
    except NotFound:
        found = {}
    return found


def _source(api: Client, container_id: str) -> recreation.Source:
    """Everything a second one is made from; an image that is gone says nothing."""
    from docker.errors import NotFound

    document = api.fetch(_of(container_id, "json"))

    def image(reference: str) -> Document:
        try:
            found: Document = api.fetch(f"/images/{quote(reference, safe=':/@')}/json")
        except NotFound:
            found = {}
        return found

    lenders = [_known(api, entry.partition(":")[0]) for entry in words(document, "HostConfig.VolumesFrom")]
    lent = {(text(row, "Name"), text(row, "Destination")) for lender in lenders for row in rows(lender, "Mounts")}
    tagged = text(image(text(document, "Config.Image")), "Id")
    return recreation.Source(document, image(text(document, "Image")), tagged, frozenset(lent))


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
    if spec.entrypoint is not None:
        body["Entrypoint"] = list(spec.entrypoint)
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
