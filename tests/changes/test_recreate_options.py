"""A container made anew differs from the former one in the approved field and in nothing else, whatever options it was
started with; and after the rollback in nothing at all. On the real engine, from its own documents."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.errors import PolicyRefused
from ergon_ops.refs import Ref
from tests.changes.live import MIB, OBEDIENT, Bench, some_at_once, unique
from tests.engine.real import IMAGE, RealEngine

pytestmark = pytest.mark.engine
Body = dict[str, Any]
SECOND = 1_000_000_000
CHECK = {"Test": ["CMD-SHELL", "true"], "Interval": SECOND, "Timeout": SECOND, "Retries": 2}
APPROVED = "APPROVED=yes"
SOME = 7
# Filled in when the world is there: $NET and $NET2 are networks, $SUB the subnet of the first, $DEP another container,
# $VOL a volume, $DIR a folder of the host.
OPTIONS: dict[str, Body] = {
    "nothing": {},
    "environment and labels": {"Env": ["A=1", "EMPTY=", "A.B=2"], "Labels": {"a": "b", "c.d/e": ""}},
    "anonymous volume": {"Volumes": {"/data": {}}},
    "two anonymous volumes": {"Volumes": {"/data": {}, "/more/data": {}}},
    "named volume": {"HostConfig": {"Binds": ["$VOL:/data"]}},
    "named and anonymous volume": {"Volumes": {"/data": {}, "/more": {}}, "HostConfig": {"Binds": ["$VOL:/data"]}},
    "bind mount, read-only": {"HostConfig": {"Binds": ["$DIR:/host:ro"]}},
    "mount of a volume": {"HostConfig": {"Mounts": [{"Type": "volume", "Source": "$VOL", "Target": "/data"}]}},
    "mount without a name": {"HostConfig": {"Mounts": [{"Type": "volume", "Target": "/data"}]}},
    "tmpfs": {"HostConfig": {"Tmpfs": {"/scratch": "size=1m,mode=1770"}}},
    "mounted tmpfs": {
        "HostConfig": {"Mounts": [{"Type": "tmpfs", "Target": "/s", "TmpfsOptions": {"SizeBytes": MIB}}]}
    },
    "volumes from another": {"HostConfig": {"VolumesFrom": ["$DEP"]}},
    "volumes from another and its own": {"Volumes": {"/mine": {}}, "HostConfig": {"VolumesFrom": ["$DEP:ro"]}},
    "network": {"HostConfig": {"NetworkMode": "$NET"}, "$net": {"$NET": {}}},
    "static address and aliases": {
        "HostConfig": {"NetworkMode": "$NET"},
        "$net": {"$NET": {"IPAMConfig": {"IPv4Address": "$SUB.77"}, "Aliases": ["one", "two"]}},
    },
    "two networks": {
        "HostConfig": {"NetworkMode": "$NET"},
        "$net": {"$NET": {"Aliases": ["front"]}, "$NET2": {"Aliases": ["back", "db"]}},
    },
    "left its first network": {
        "HostConfig": {"NetworkMode": "bridge"},
        "$net": {"$NET": {"Aliases": ["x"]}},
        "$leave": 1,
    },
    "legacy link": {"HostConfig": {"Links": ["$DEP:dep"]}},
    "link on a network": {"HostConfig": {"NetworkMode": "$NET"}, "$net": {"$NET": {"Links": ["$DEP:other"]}}},
    "network of another": {"HostConfig": {"NetworkMode": "container:$DEP"}},
    "no network": {"HostConfig": {"NetworkMode": "none"}},
    "the host's network": {"HostConfig": {"NetworkMode": "host"}},
    "processes of another": {"HostConfig": {"PidMode": "container:$DEP"}},
    "the host's processes": {"HostConfig": {"PidMode": "host"}},
    "shareable memory": {"HostConfig": {"IpcMode": "shareable", "ShmSize": 32 * MIB}},
    "ulimits": {"HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 512, "Hard": 1024}]}},
    "device": {
        "HostConfig": {
            "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rw"}]
        }
    },
    "log options": {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}}}},
    "another log driver": {"HostConfig": {"LogConfig": {"Type": "local", "Config": {"max-size": "2m"}}}},
    "capabilities": {"HostConfig": {"CapAdd": ["NET_ADMIN"], "CapDrop": ["MKNOD", "CHOWN"]}},
    "no new privileges": {"HostConfig": {"SecurityOpt": ["no-new-privileges"]}},
    "read-only": {"HostConfig": {"ReadonlyRootfs": True, "Tmpfs": {"/tmp": ""}}},
    "init": {"HostConfig": {"Init": True}},
    "user, groups and folder": {"User": "1000:1000", "WorkingDir": "/bin", "HostConfig": {"GroupAdd": ["4", "27"]}},
    "entry point": {"Entrypoint": ["sh", "-c"], "Cmd": [OBEDIENT]},
    "entry point alone": {"Entrypoint": ["sh", "-c", OBEDIENT], "Cmd": None},
    "healthcheck": {"Healthcheck": CHECK},
    "no healthcheck": {"Healthcheck": {"Test": ["NONE"]}},
    "names": {"Hostname": "shop", "Domainname": "example.com"},
    "hardware address": {"MacAddress": "02:42:ac:11:77:77"},
    "memory": {"HostConfig": {"Memory": 64 * MIB, "MemorySwap": 80 * MIB, "MemoryReservation": 32 * MIB}},
    "cpus": {"HostConfig": {"NanoCpus": 500_000_000, "CpusetCpus": "0"}},
    "quota and shares": {"HostConfig": {"CpuQuota": 40_000, "CpuPeriod": 80_000, "CpuShares": 512}},
    "process limit": {"HostConfig": {"PidsLimit": 50}},
    "restarts always": {"HostConfig": {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}}},
    "restarts on failure": {"HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}}},
    "hosts and names": {"HostConfig": {"ExtraHosts": ["db:10.0.0.9"], "Dns": ["10.0.0.1"], "DnsSearch": ["a.example"]}},
    "sysctls": {"HostConfig": {"Sysctls": {"net.ipv4.ip_unprivileged_port_start": "80"}}},
    "how it stops": {"StopSignal": "SIGINT", "StopTimeout": 1},
    "published ports": {
        "ExposedPorts": {"8080/tcp": {}, "9090/udp": {}},
        "HostConfig": {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}},
    },
    "terminal": {"Tty": True, "OpenStdin": True},
    "easier to kill": {"HostConfig": {"OomScoreAdj": 300}},
}


@dataclass
class Place:
    """What the options name."""

    engine: RealEngine
    names: dict[str, str] = field(default_factory=dict)

    async def api(self, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Any:
        return await self.engine.writes._do("help a test", lambda api: api.submit(path, body, **params))

    async def look(self, container: str) -> dict[str, Any]:
        return dict(await self.engine.writes._inspect(container))

    @classmethod
    @contextlib.asynccontextmanager
    async def made(cls, engine: RealEngine, folder: Path) -> AsyncIterator[Place]:
        place = cls(engine)
        first, second, volume = unique("net"), unique("net"), unique("vol")
        subnet = await place._network(first)
        await engine.writes.create_network(second, labels={})
        await engine.writes.create_volume(volume, labels={})
        names = {"$NET2": second, "$NET": first, "$SUB": subnet, "$VOL": volume, "$DIR": str(folder)}
        place.names = {**names, "$DEP": unique("dep")}
        body = {"Image": IMAGE, "Cmd": ["sh", "-c", OBEDIENT], "Volumes": {"/lent": {}}}
        dep = (await place.api("/containers/create", body, name=place.names["$DEP"]))["Id"]
        engine._made.append(dep)
        await engine.writes.start(dep)
        await engine.writes.connect(dep, first, aliases=())
        try:
            yield place
        finally:
            await engine.clear()
            for network in (first, second):
                await engine.writes.remove_network(network)
            await engine.writes.remove_volume(volume)

    async def _network(self, name: str) -> str:
        """With a subnet that is free; its first three numbers."""
        from ergon_ops.errors import EngineConflict

        for _ in range(20):
            subnet = f"10.{random.randrange(200, 250)}.{random.randrange(256)}"
            ipam = {"Config": [{"Subnet": f"{subnet}.0/24"}]}
            with contextlib.suppress(EngineConflict):
                await self.api("/networks/create", {"Name": name, "Driver": "bridge", "IPAM": ipam})
                return subnet
        raise AssertionError("no subnet is free")

    def filled(self, value: Any) -> Any:
        if isinstance(value, str):
            for mark, name in self.names.items():
                value = value.replace(mark, name)
            return value
        if isinstance(value, dict):
            return {self.filled(key): self.filled(item) for key, item in value.items()}
        return [self.filled(item) for item in value] if isinstance(value, list) else value

    async def run(self, options: Body) -> Ref:
        body = {"Image": IMAGE, "Cmd": ["sh", "-c", OBEDIENT], **self.filled(options)}
        networks, leave = body.pop("$net", {}), body.pop("$leave", None)
        home = body.get("HostConfig", {}).get("NetworkMode", "")
        if home in networks:
            body["NetworkingConfig"] = {"EndpointsConfig": {home: networks.pop(home)}}
        ref = Ref(unique("options"), self.engine.endpoint.host)
        made = (await self.api("/containers/create", body, name=ref.name))["Id"]
        self.engine._made.append(made)
        for network, settings in networks.items():
            await self.engine.writes._connect(made, network, settings)
        if leave:
            await self.engine.writes.disconnect(made, home)
        await self.engine.writes.start(made)
        return ref


def comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Config, HostConfig, endpoint settings and mounts, without what is empty and without what the engine adds by
    itself. An anonymous volume that is carried over by its name is the same mount."""
    own = {document["Id"][:12], document["Config"]["Hostname"]}  # what an engine calls it by itself on a network
    config, host = dict(document["Config"]), dict(document["HostConfig"])
    config["Env"] = [entry for entry in config.get("Env") or [] if entry != APPROVED]
    volumes = {f"{row.get('Name')}:{row['Destination']}" for row in document["Mounts"] if row["Type"] == "volume"}
    given = host.get("Binds") or []
    host["Binds"] = [entry for entry in given if entry not in volumes or not entry.split(":")[0].isalnum()]
    host["Mounts"] = [
        {key: value for key, value in row.items() if key != "Source" or not str(value).isalnum()}
        for row in host.get("Mounts") or []
    ]
    networks = {
        name: {
            "Aliases": sorted(set(row.get("Aliases") or []) - own),
            "Links": row.get("Links"),
            "IPAMConfig": row.get("IPAMConfig"),
            "DriverOpts": row.get("DriverOpts"),
        }
        for name, row in document["NetworkSettings"]["Networks"].items()
    }
    mounts = sorted([row["Type"], row.get("Name"), row["Destination"], row["RW"]] for row in document["Mounts"])
    whole = {"config": config, "host": host, "networks": networks, "mounts": mounts, "image": document["Image"]}
    return dict(filled(whole))


def ordered(value: Any) -> Any:
    """An engine keeps mounts in no order."""
    return sorted(value, key=str) if isinstance(value, list) else value


def filled(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: filled(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {}) or key in ("networks",)}
    return [filled(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
async def place(docker_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr("ergon_ops.changes.snapshot.LEAST_S", 0.5)
    monkeypatch.setattr("ergon_ops.changes.snapshot.patience", lambda values: 10.0 if values["health"] != "none" else 0)
    async with RealEngine.opened(docker_host) as engine, Place.made(engine, tmp_path) as made:
        yield made


async def only_the_approved_differs(place: Place, folder: Path, name: str) -> None:
    ref = await place.run(OPTIONS[name])
    async with Bench.opened(place.engine, folder) as bench:
        before, digest = await place.look(ref.name), (await bench.world(ref)).digest
        answer = await bench.do(ref, "recreate", {"patch": {"env": {"APPROVED": "yes"}}})
        assert answer["state"] == "kept", (name, answer)
        after = await place.look(ref.name)
        place.engine._made.append(after["Id"])
        assert after["Id"] != before["Id"], name
        assert APPROVED in after["Config"]["Env"], name
        assert comparable(after) == comparable(before), name
        back = await bench.undo(answer["change"])
        assert (back["state"], back["exact"]) == ("rolled_back", True), (name, back)
        again = await place.look(ref.name)
        assert again["Id"] == before["Id"], name
        for part in ("Config", "HostConfig", "Mounts", "Image"):
            assert ordered(again[part]) == ordered(before[part]), (name, part)
        assert comparable(again) == comparable(before), name
        assert (await bench.world(ref)).digest == digest, name


def drawn() -> list[str]:
    return random.Random(7).sample(sorted(OPTIONS), SOME)


def test_there_are_enough_option_sets() -> None:
    assert len(OPTIONS) >= 45


@pytest.mark.timeout(600)
async def test_some_options_come_through_a_recreate_and_back(place: Place, tmp_path: Path) -> None:
    await some_at_once([only_the_approved_differs(place, tmp_path / name, name) for name in drawn()])


@pytest.mark.whole
@pytest.mark.parametrize("name", OPTIONS)
async def test_every_option_comes_through_a_recreate_and_back(place: Place, tmp_path: Path, name: str) -> None:
    await only_the_approved_differs(place, tmp_path / "state", name)


async def test_what_would_lose_something_is_refused_with_the_reason(place: Place, tmp_path: Path) -> None:
    lender = await place.run({})
    sharing = [{"NetworkMode": f"container:{lender.name}"}, {"PidMode": f"container:{lender.name}"}]
    async with Bench.opened(place.engine, tmp_path / "state") as bench:
        for host in (*sharing, {"Links": [f"{lender.name}:it"]}):
            ref = await place.run({"HostConfig": host})
            with pytest.raises(PolicyRefused, match=f"lends its .* to {ref.name}"):
                await bench.do(lender, "recreate", {"patch": {"init": True}})
            await place.engine.writes.remove((await place.look(ref.name))["Id"], force=True)
        brief = await place.run({"HostConfig": {"AutoRemove": True}})
        with pytest.raises(PolicyRefused, match="--rm"):
            await bench.do(brief, "recreate", {"patch": {"init": True}})
        for ref in (lender, brief):
            assert await place.engine.value(ref, "state") == "running"
    await asyncio.sleep(0)
