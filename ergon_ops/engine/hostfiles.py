"""The engine's containers read from this machine's own files: cgroups, /proc, namespaces. No daemon is asked.

One container's numbers cost a tenth of a millisecond here and one to two seconds through the stats API. What cannot be
seen gives None or nothing, never an exception: then the API is asked (`apistats.py`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ergon_ops.engine import cgroupstats, procfs
from ergon_ops.engine.cgroup import Cgroup, Tree
from ergon_ops.engine.kernelfiles import KernelFiles
from ergon_ops.engine.memoryfacts import working_set_readings
from ergon_ops.engine.protocols import Counters, Process, Sockets
from ergon_ops.facts import Group, Reading, Value, reading
from ergon_ops.refs import LOCAL, Ref, host_ref

SOURCE = "cgroup:v"
NETWORKS_REMEMBERED = 4_096
INSIDE: frozenset[Group] = frozenset({"filesystem", "threads", "tools"})


class HostFiles:
    """`root` is "/" or a recorded tree; `keep_open` pays in a process that reads the same containers again and again.

    `pid` is any process of the container as this machine sees it, 0 if unknown: then the cgroup tree is searched.
    """

    def __init__(self, root: str = "/", *, clock: Callable[[], float] = time.time, keep_open: bool = False) -> None:
        self._files = KernelFiles(root, keep_open=keep_open)
        self._tree = Tree(self._files)
        self._clock = clock
        self._memory_of_host: int | None = None
        self._own_network: dict[tuple[str, int], bool] = {}

    @property
    def cgroup_version(self) -> str:
        """ "1", "2", or "" where no cgroup tree is mounted."""
        return self._tree.version

    def readable(self, container_id: str, pid: int = 0) -> bool:
        """Whether this running container's cgroup is here and may be read."""
        group = self._tree.locate(container_id, pid)
        return group is not None and cgroupstats.cpu(self._files, group).used_s is not None

    def close(self) -> None:
        self._files.close()

    # -- counters

    def counters(self, container_id: str, pid: int = 0) -> Counters | None:
        """Lifetime counters of the current run; None if it does not run here."""
        group = self._tree.locate(container_id, pid)
        return None if group is None else self._counters(group)

    def sweep(self, ids: Iterable[str] | None = None) -> tuple[Counters, ...]:
        """Counters of these containers, or of every one in the cgroup tree: the engine is not asked, no pid is
        needed."""
        groups = self._tree.find() if ids is None else self._tree.locate_all(ids)
        found = (self._counters(group) for group in groups)
        return tuple(item for item in found if item is not None)

    def _counters(self, group: Cgroup) -> Counters | None:
        files = self._files
        run = files.inode(group.any_folder)
        at = self._clock()
        cpu = cgroupstats.cpu(files, group)
        if cpu.used_s is None:
            return None
        read, written, _ = cgroupstats.block(files, group)
        network = self._network(group.container_id, procfs.first_pid(files, group))
        return Counters(
            container_id=group.container_id,
            at=at,
            source=SOURCE + group.version,
            cpu_s=cpu.used_s,
            periods=cpu.periods,
            throttled=cpu.throttled,
            throttled_s=cpu.throttled_s,
            block_read=read,
            block_write=written,
            network_rx=network[0] if network else None,
            network_tx=network[1] if network else None,
            memory_working_set=cgroupstats.working_set(files, group),
            memory_oom_kills=cgroupstats.oom_kills(files, group),
            memory_unreclaimable=cgroupstats.unreclaimable(files, group),
            memory_most=cgroupstats.most(files, group),
            pids=cgroupstats.pids(files, group)[0],
            pids_limit_hits=cgroupstats.pid_limit_hits(files, group),
            run=str(run) if run else "",
            cpu_quota=cgroupstats.cpu_quota(files, group),
        )

    def _network(self, container_id: str, pid: int) -> tuple[int, int, int] | None:
        """None on the host's network: those numbers are the host's, not the container's."""
        if not pid:
            return None
        own = self._own_network.get((container_id, pid))
        if own is None:
            if len(self._own_network) >= NETWORKS_REMEMBERED:
                self._own_network.clear()
            own = self._own_network[container_id, pid] = not procfs.on_host_network(self._files, pid)
        return procfs.network_totals(self._files, pid) if own else None

    # -- readings

    def memory(self, ref: Ref, container_id: str, pid: int = 0) -> tuple[Reading, ...]:
        """The group `memory`, and `memory_limit` as the kernel enforces it."""
        group = self._tree.locate(container_id, pid)
        if group is None:
            return ()
        memory = cgroupstats.memory(self._files, group)
        if memory.usage.value is None:
            return ()
        at = self._clock()
        if self._memory_of_host is None:
            from ergon_ops.engine import hostfacts

            self._memory_of_host = hostfacts.memory_bytes(self._files)
        plain = {
            "memory_usage": memory.usage,
            "memory_inactive_file": memory.inactive_file,
            "memory_failures": memory.failures,
            "memory_oom_kills": memory.oom_kills,
            "memory_swap": memory.swap,
            "memory_unreclaimable": cgroupstats.Sourced(
                cgroupstats.unreclaimable(self._files, group), "cgroup:memory.stat#rss+shmem"
            ),
        }
        return (
            *(
                reading(ref, name, it.value, at=at, source=it.source)
                for name, it in plain.items()
                if it.value is not None
            ),
            reading(ref, "memory_limit", memory.limit.value, at=at, source=memory.limit.source),
            *working_set_readings(ref, memory.working_set, memory.limit.value, self._memory_of_host, at=at),
        )

    def pids(self, ref: Ref, container_id: str, pid: int = 0) -> tuple[Reading, ...]:
        group = self._tree.locate(container_id, pid)
        if group is None:
            return ()
        current, limit = cgroupstats.pids(self._files, group)
        if current is None:
            return ()
        at = self._clock()
        return (
            reading(ref, "pids", current, at=at, source="cgroup:pids.current"),
            reading(ref, "pids_limit", limit, at=at, source="cgroup:pids.max"),
            *self._refused_forks(ref, group, at),
        )

    def _refused_forks(self, ref: Ref, group: Cgroup, at: float) -> Iterator[Reading]:
        hits = cgroupstats.pid_limit_hits(self._files, group)
        if hits is not None:
            yield reading(ref, "pids_limit_hits", hits, at=at, source="cgroup:pids.events#max")

    def held(self, ref: Ref, container_id: str, pid: int = 0) -> list[Reading]:
        """Of the group `files` what only a living container has."""
        from ergon_ops.engine import holding

        group = self._tree.locate(container_id, pid)
        return [] if group is None else holding.readings(self._files, group, ref, at=self._clock())

    def io(self, ref: Ref, container_id: str, pid: int = 0) -> tuple[Reading, ...]:
        """Block and network i/o since the start. On the host's network there are no network numbers."""
        group = self._tree.locate(container_id, pid)
        if group is None:
            return ()
        at = self._clock()
        read, written, file = cgroupstats.block(self._files, group)
        of_pid = procfs.first_pid(self._files, group)
        network = self._network(container_id, of_pid) or (None, None, None)
        values: dict[str, tuple[Value, str]] = {
            "block_read": (read, f"cgroup:{file}"),
            "block_write": (written, f"cgroup:{file}"),
            "network_rx": (network[0], f"proc:{of_pid}/net/dev"),
            "network_tx": (network[1], f"proc:{of_pid}/net/dev"),
            "network_drops": (network[2], f"proc:{of_pid}/net/dev"),
        }
        return tuple(
            reading(ref, name, value, at=at, source=source)
            for name, (value, source) in values.items()
            if value is not None
        )

    def cpu(self, ref: Ref, container_id: str, pid: int = 0) -> tuple[Reading, ...]:
        """Lifetime only: what is used *now* is a difference of two samples (`history/`)."""
        group = self._tree.locate(container_id, pid)
        if group is None:
            return ()
        cpu = cgroupstats.cpu(self._files, group)
        if not cpu.periods or cpu.throttled is None:
            return ()
        value = round(cpu.throttled / cpu.periods, 6)
        source = "cgroup:cpu.stat#nr_throttled/nr_periods"
        return (reading(ref, "cpu_throttled_lifetime", value, at=self._clock(), source=source),)

    def inside(
        self, ref: Ref, container_id: str, pid: int, groups: Collection[Group], destinations: Sequence[str] = ()
    ) -> tuple[Reading, ...]:
        """Those of the groups `INSIDE`."""
        found: tuple[Reading, ...] = ()
        if "filesystem" in groups:
            found += self.filesystem(ref, pid, destinations)
        if "threads" in groups:
            found += self.threads(ref, container_id, pid)
        if "tools" in groups:
            found += self.tools(ref, pid)
        return found

    def filesystem(self, ref: Ref, pid: int, destinations: Sequence[str] = ()) -> tuple[Reading, ...]:
        """Of the given mounts, the root and /dev/shm. Empty as an ordinary user: /proc/PID/root is closed to them."""
        from ergon_ops.engine import filesystem

        root = f"{self._files.root}/proc/{pid}/root"
        if not pid or not os.access(root, os.X_OK):
            return ()
        at = self._clock()
        found: list[Reading] = []
        for usage in filesystem.usages(root, (*filesystem.ALWAYS, *destinations)):
            values = {
                "fs_size": usage.size,
                "fs_used": usage.used,
                "fs_used_ratio": round(usage.used_ratio, 6),
                "fs_inode_ratio": None if usage.inode_ratio is None else round(usage.inode_ratio, 6),
            }
            source = f"statvfs:{usage.destination}"
            found.extend(
                reading(ref, name, value, key=usage.destination, at=at, source=source)
                for name, value in values.items()
                if value is not None
            )
        return tuple(found)

    def host_readings(self, root_dir: str = "", *, host: str = LOCAL) -> tuple[Reading, ...]:
        """About `host_ref(host)`; these need no engine."""
        from ergon_ops.engine import hostfacts

        return hostfacts.readings(self._files, host_ref(host), root_dir, at=self._clock())

    def engine_file(self, path: str) -> str | None:
        """A file that the engine keeps for a container (its resolv.conf): the container cannot make it a link."""
        return self._files.text(path)

    def port_programs(self, ports: Collection[int]) -> dict[int, str]:
        """Port → program and pid of whoever listens on it on this machine; of what cannot be seen, nothing."""
        from ergon_ops.engine import sockets

        return sockets.on_host(self._files, ports)

    # -- tables

    def processes(self, container_id: str, pid: int = 0) -> tuple[Process, ...]:
        """Zombies included, in the order of their pids. Empty if the container does not run here."""
        group = self._tree.locate(container_id, pid)
        return () if group is None else procfs.processes(self._files, group, now=self._clock())

    def threads(self, ref: Ref, container_id: str, pid: int = 0) -> tuple[Reading, ...]:
        """At this moment."""
        group = self._tree.locate(container_id, pid)
        if group is None:
            return ()
        at, source = self._clock(), "proc:*/task/*/stat#state"
        count, runnable = procfs.threads(self._files, group)
        return (
            reading(ref, "threads", count, at=at, source=source),
            reading(ref, "threads_runnable", runnable, at=at, source=source),
        )

    def tools(self, ref: Ref, pid: int) -> tuple[Reading, ...]:
        """Programs in its image that a healthcheck could use."""
        from ergon_ops.engine import filesystem

        found = filesystem.programs(f"{self._files.root}/proc/{pid}/root") if pid else {}
        at = self._clock()
        return tuple(
            reading(ref, "tool", path, key=name, at=at, source=f"lstat:{path}") for name, path in found.items()
        )

    def sockets(
        self, container_id: str, pid: int = 0, *, connections: bool = True, declared: Collection[int] = ()
    ) -> Sockets:
        """Listening sockets and established connections. UDP ports of the ephemeral range count only if `declared`
        (exposed or published): anybody who sends a datagram holds one for a moment."""
        from ergon_ops.engine import sockets

        group = self._tree.locate(container_id, pid)
        if group is None:
            return Sockets(visible=False)
        return sockets.of_container(self._files, group, connections=connections, declared=declared)
