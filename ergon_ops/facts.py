"""Facts: one observed value each, with what it is about, its unit, its time and a source that can be replayed.

A *reading* is what was observed; a *fact* is a reading with an id in one ledger. `FACTS` is the closed table of
names: unit, type, tolerance on replay, and the group that reads it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import Any, Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.events import timestamp
from ergon_ops.refs import Ref

DERIVED = "derived:"
Value = None | bool | int | float | str
Group = Literal[
    "identity", "state", "limits", "config", "mounts", "networks", "ports", "cpu", "memory", "pids", "io",
    "filesystem", "processes", "sockets", "services", "topology", "events", "logs", "signals", "logfile", "host",
    "probes", "threads", "window", "history", "tools", "security", "image", "files", "trend",
]  # fmt: skip
Unit = Literal["", "bytes", "bytes/s", "s", "cores", "ratio", "count", "time", "state", "bool"]


@dataclass(frozen=True, slots=True)
class FactSpec:
    """`tolerance` is the relative difference a replay may show; 0 means equal. `what` is for the documentation."""

    unit: Unit
    group: Group
    what: str
    tolerance: float = 0.0


FACTS: dict[str, FactSpec] = {
    # identity
    "name": FactSpec("", "identity", "container name"),
    "id": FactSpec("", "identity", "container id, 64 hex digits"),
    "image": FactSpec("", "identity", "image reference as given"),
    "image_id": FactSpec("", "identity", "image digest"),
    "created_at": FactSpec("time", "identity", "creation"),
    "project": FactSpec("", "identity", "Compose or manifest project"),
    "service": FactSpec("", "identity", "Compose service"),
    "replica": FactSpec("count", "identity", "Compose replica number"),
    "depends_on": FactSpec("", "identity", "Compose depends_on; key = service, value = condition"),
    # state
    "state": FactSpec("state", "state", "created running paused restarting removing exited dead"),
    "started_at": FactSpec("time", "state", "last start"),
    "finished_at": FactSpec("time", "state", "last end"),
    "uptime": FactSpec("s", "state", "seconds since the last start", 1.0),
    "exit_code": FactSpec("count", "state", "exit code of the last run"),
    "oom_killed": FactSpec("bool", "state", "the engine's OOMKilled flag: may describe a former life"),
    "start_error": FactSpec("", "state", "the engine's State.Error"),
    "restart_count": FactSpec("count", "state", "restarts by policy since creation"),
    "health": FactSpec("state", "state", "healthy unhealthy starting none"),
    "health_streak": FactSpec("count", "state", "failed checks in a row"),
    "health_output": FactSpec("", "state", "last output of the healthcheck, redacted and bounded"),
    "health_exit_code": FactSpec("count", "state", "exit code of the last healthcheck"),
    "health_check": FactSpec("count", "state", "exit code of one of the last healthchecks; key = its start"),
    "health_check_time": FactSpec("s", "state", "how long it took; key = its start"),
    # limits
    "memory_limit": FactSpec("bytes", "limits", "memory limit; null = none"),
    "memory_swap_limit": FactSpec("bytes", "limits", "memory plus swap limit; null = none, -1 = unlimited"),
    "cpu_limit": FactSpec("cores", "limits", "CPU quota in cores; null = none"),
    "cpu_shares": FactSpec("count", "limits", "relative CPU weight; null = default"),
    "cpuset": FactSpec("", "limits", "CPUs it may use; null = all"),
    "pids_limit": FactSpec("count", "limits", "process limit; null = none"),
    "shm_size": FactSpec("bytes", "limits", "size of /dev/shm"),
    "restart_policy": FactSpec("", "limits", "no, on-failure, always, unless-stopped"),
    "restart_max": FactSpec("count", "limits", "retries of on-failure; 0 = no bound"),
    "auto_remove": FactSpec("bool", "limits", "the engine removes it when it ends; only told where it does"),
    "stop_timeout": FactSpec("s", "limits", "seconds it gets to stop by itself"),
    # config
    "command": FactSpec("", "config", "entrypoint and command, redacted"),
    "user": FactSpec("", "config", "user it runs as; null = image default (root)"),
    "command_arguments": FactSpec("count", "config", "words of the command behind its entrypoint"),
    "init": FactSpec("bool", "config", "the engine's init process is PID 1"),
    "privileged": FactSpec("bool", "config", "privileged"),
    "readonly_rootfs": FactSpec("bool", "config", "root filesystem is read-only"),
    "network_mode": FactSpec("", "config", "bridge, host, none, a network's name, container:ID"),
    "pid_mode": FactSpec("", "config", "host, container:ID or empty"),
    "log_driver": FactSpec("", "config", "log driver"),
    "log_option": FactSpec("", "config", "log option; key = its name"),
    "env_key": FactSpec("bool", "config", "an environment variable is set; key = its name; values are never read out"),
    "env_host": FactSpec("", "config", "host:port found in an environment value; key = the variable's name"),
    "env_empty": FactSpec("bool", "config", "an environment variable is set to nothing; key = its name"),
    "env_odd": FactSpec(
        "", "config", "what is around an environment value and hardly meant: quotes, space, a carriage return"
    ),
    "env_port": FactSpec("count", "config", "port number in an environment value; key = the variable's name"),
    "command_host": FactSpec("", "config", "host or host:port that the command names; key = the same"),
    "extra_host": FactSpec("", "config", "address of a name in its own hosts file (--add-host); key = the name"),
    "timezone": FactSpec("", "config", "the variable TZ"),
    "sysctl": FactSpec("", "config", "kernel setting of its own; key = its name"),
    "label": FactSpec("", "config", "label, redacted; key = its name"),
    "exposed_port": FactSpec("count", "config", "port the image or the container exposes; key = '80/tcp'"),
    "health_command": FactSpec("", "config", "healthcheck command, redacted; null = none"),
    "health_shell": FactSpec("bool", "config", "the healthcheck is a line for a shell, not a list of words"),
    "health_interval": FactSpec("s", "config", "healthcheck interval"),
    "health_timeout": FactSpec("s", "config", "healthcheck timeout"),
    "health_start_period": FactSpec("s", "config", "time in which failed checks do not count"),
    "health_retries": FactSpec("count", "config", "failed checks in a row that make it unhealthy"),
    # security: rights and namespaces
    "capability_added": FactSpec("bool", "security", "a capability beyond the usual ones; key = its name"),
    "capability_dropped": FactSpec("bool", "security", "a capability it does without; key = its name or ALL"),
    "security_option": FactSpec(
        "", "security", "key = seccomp, apparmor, no-new-privileges …; value = what it is set to"
    ),
    "ipc_mode": FactSpec("", "security", "host, container:ID, private or shareable"),
    "uts_mode": FactSpec("", "security", "host or null"),
    "userns_mode": FactSpec("", "security", "host or null"),
    "cgroupns_mode": FactSpec("", "security", "host, private or null"),
    "ulimit": FactSpec("count", "security", "soft limit of its own; key = nofile, nproc …"),
    "device": FactSpec("bool", "security", "a device of the host; key = its path inside"),
    "env_secret": FactSpec("bool", "security", "a secret stands in this environment variable; key = its name"),
    "machine": FactSpec("", "image", "architecture of the host it runs on: amd64, arm64"),
    "image_platform": FactSpec("", "image", "system and architecture it is made for: linux/amd64"),
    "image_pinned": FactSpec("bool", "image", "the image has a digest of a registry"),
    "image_volume": FactSpec("bool", "image", "a volume that the image declares; key = its path"),
    # files: what its mounts are made of, as the host sees them, and what it starts and has open
    "mount_source_kind": FactSpec("", "files", "file, directory, empty directory, missing …; key = destination"),
    "mount_owner": FactSpec("", "files", "user and group that own it: '0:0'; key = destination"),
    "mount_mode": FactSpec("", "files", "its permissions: '0755'; key = destination"),
    "mount_stale": FactSpec("bool", "files", "the file on the host was replaced since; key = destination"),
    "mount_hides": FactSpec("count", "files", "entries of the image that a mount hides; key = destination"),
    "mount_hidden_names": FactSpec("", "files", "names of those entries, as many as fit; key = destination"),
    "mount_hides_file": FactSpec("bool", "files", "a file of the image that a mount hides; key = destination"),
    "program_file": FactSpec("", "files", "what its command is: 'elf amd64', 'script /bin/sh', missing …; key = path"),
    "program_mode": FactSpec("", "files", "its permissions: '0755'; key = path"),
    "open_files": FactSpec("count", "files", "files its process nearest to its limit has open; key = pid", 0.5),
    "open_files_limit": FactSpec("count", "files", "how many that process may have open; key = pid"),
    "rootfs_written": FactSpec("count", "files", "entries it wrote outside of what a tmpfs could hold", 1.0),
    "frozen": FactSpec("bool", "files", "its processes are frozen, as the kernel has it"),
    # mounts and networks
    "mount": FactSpec("", "mounts", "key = destination, value = 'bind', 'volume NAME' or 'tmpfs'"),
    "mount_source": FactSpec("", "mounts", "host path of a bind mount; key = destination"),
    "mount_writable": FactSpec("bool", "mounts", "key = destination"),
    "network": FactSpec("", "networks", "address on a network; key = the network's name"),
    "alias": FactSpec("", "networks", "name it is known by; key = 'network/alias', value = alias"),
    "network_internal": FactSpec("bool", "networks", "a network has no way out; key = its name"),
    "network_driver": FactSpec("", "networks", "driver of a network; key = its name"),
    "network_subnet": FactSpec("", "networks", "addresses of a network; key = 'network/subnet'"),
    "dns_server": FactSpec("", "networks", "name server it was given; key = its place in the list"),
    "dns_option": FactSpec("", "networks", "resolver option it was given; key = the same"),
    "resolver": FactSpec("", "networks", "name server of its resolv.conf; key = its place in the file"),
    "publish_all": FactSpec("bool", "ports", "all exposed ports are published (-P); only told where they are"),
    "port_binding": FactSpec("count", "ports", "wanted, running or not: key = host side '0.0.0.0:8080/tcp'"),
    "port_holder": FactSpec("", "ports", "who holds a host port it wants: 'container NAME', 'process NAME PID'"),
    "published_port": FactSpec("count", "ports", "key = host side '0.0.0.0:8080/tcp', value = port inside"),
    # cpu, memory, pids, io: numbers that move
    "cpu_usage": FactSpec("cores", "cpu", "CPU used over the window", 1.0),
    "cpu_ratio": FactSpec("ratio", "cpu", "CPU used over what it may use (limit, else all CPUs)", 1.0),
    "cpu_periods": FactSpec("count", "cpu", "scheduler periods in the window", 1.0),
    "cpu_throttled_ratio": FactSpec("ratio", "cpu", "throttled periods over periods, in the window", 0.5),
    "cpu_throttled_lifetime": FactSpec("ratio", "cpu", "throttled periods over periods since the start", 0.2),
    "memory_usage": FactSpec("bytes", "memory", "all memory charged, page cache included", 0.2),
    "memory_inactive_file": FactSpec("bytes", "memory", "page cache that can be dropped at once", 1.0),
    "memory_working_set": FactSpec("bytes", "memory", "usage minus inactive file", 0.2),
    "memory_ratio": FactSpec("ratio", "memory", "working set over limit; null without a limit", 0.2),
    "memory_host_ratio": FactSpec("ratio", "memory", "working set over the host's memory", 0.2),
    "memory_failures": FactSpec("count", "memory", "times the limit was hit since the start", 1.0),
    "memory_oom_kills": FactSpec("count", "memory", "kernel OOM kills since the start", 1.0),
    "memory_oom_kills_seen": FactSpec("count", "memory", "kernel OOM kills in the window", 1.0),
    "memory_swap": FactSpec("bytes", "memory", "swap used", 1.0),
    "memory_unreclaimable": FactSpec("bytes", "memory", "memory that cannot be given back: anonymous, shared", 0.2),
    "memory_slope": FactSpec("bytes/s", "trend", "steady growth of memory that cannot be given back", 1.0),
    "pids_slope": FactSpec("count", "trend", "steady growth of processes and threads in a second", 1.0),
    "pids": FactSpec("count", "pids", "processes and threads", 0.5),
    "pids_limit_hits": FactSpec("count", "pids", "forks refused at the process limit since the start", 1.0),
    "pids_limit_hits_seen": FactSpec("count", "pids", "forks refused at the limit in the window", 1.0),
    "block_read": FactSpec("bytes", "io", "read from disk since the start", 1.0),
    "block_write": FactSpec("bytes", "io", "written to disk since the start", 1.0),
    "block_read_rate": FactSpec("bytes/s", "io", "read from disk over the window", 1.0),
    "block_write_rate": FactSpec("bytes/s", "io", "written to disk over the window", 1.0),
    "network_rx": FactSpec("bytes", "io", "received since the start", 1.0),
    "network_tx": FactSpec("bytes", "io", "sent since the start", 1.0),
    "network_rx_rate": FactSpec("bytes/s", "io", "received over the window", 1.0),
    "network_tx_rate": FactSpec("bytes/s", "io", "sent over the window", 1.0),
    "network_drops": FactSpec("count", "io", "packets dropped or in error since the start", 1.0),
    "fs_size": FactSpec("bytes", "filesystem", "size of the filesystem at a mount; key = destination, '/' = root", 0.1),
    "fs_used": FactSpec("bytes", "filesystem", "used; key = destination", 0.2),
    "fs_used_ratio": FactSpec("ratio", "filesystem", "used over size; key = destination", 0.2),
    "fs_inode_ratio": FactSpec("ratio", "filesystem", "inodes used over inodes; key = destination", 0.2),
    "threads": FactSpec("count", "threads", "threads of all its processes", 1.0),
    "threads_runnable": FactSpec("count", "threads", "threads that run, want to, or wait for a disk", 1.0),
    # window: looked at again and again over some seconds, for what two samples alone do not show
    "threads_runnable_peak": FactSpec("count", "window", "most threads that ran or wanted to at one moment", 1.0),
    "pids_low": FactSpec("count", "window", "fewest processes and threads seen", 1.0),
    "pids_high": FactSpec("count", "window", "most processes and threads seen", 1.0),
    "memory_low": FactSpec("bytes", "window", "lowest working set seen", 1.0),
    "memory_high": FactSpec("bytes", "window", "highest working set seen", 1.0),
    # history: what was kept of earlier looks, here or in another process
    "memory_peak": FactSpec("bytes", "history", "highest working set on record", 0.5),
    "history_span": FactSpec("s", "history", "from the first to the last sample on record", 1.0),
    "history_points": FactSpec("count", "history", "minutes on record with a sample", 1.0),
    # tools: programs found in its image
    "tool": FactSpec("", "tools", "key = its name, value = where it is"),
    # tables
    "process": FactSpec("", "processes", "program; key = pid", 0.0),
    "zombies": FactSpec("count", "processes", "ended processes that nobody waited for", 0.5),
    "zombie_parent": FactSpec("", "processes", "program that does not wait for them; key = its pid"),
    "listener": FactSpec("", "sockets", "key = '0.0.0.0:80/tcp', value = program or empty"),
    "connection": FactSpec("count", "sockets", "established to a peer; key = 'address:port'", 1.0),
    "sockets_visible": FactSpec("bool", "sockets", "its sockets could be read: what is not told is not there"),
    "connected_lately": FactSpec("count", "sockets", "closed by it within a minute; key = 'address:port'", 1.0),
    "client_lately": FactSpec("count", "sockets", "a peer's, closed within a minute; key = 'port from address'", 1.0),
    "client": FactSpec("count", "sockets", "established by a peer; key = 'port from address'", 1.0),
    "connecting": FactSpec("count", "sockets", "calls not answered yet; key = 'address:port'", 1.0),
    "accept_queue": FactSpec("count", "sockets", "connections that wait to be accepted; key as of listener", 1.0),
    "accept_backlog": FactSpec("count", "sockets", "how many may wait; key as of listener"),
    "listen_overflows": FactSpec("count", "sockets", "calls lost to full queues since the start", 1.0),
    "serving": FactSpec("state", "services", "key = 'nginx:80' or 'cron'; listening running declared down"),
    "link": FactSpec("", "topology", "key = 'uses db' or 'used by api', value = how we know"),
    "events_reach": FactSpec("time", "events", "oldest event the engine still remembers; it keeps few"),
    "event": FactSpec("", "events", "key = time, value = what happened"),
    "change": FactSpec("", "events", "key = time, value = what was changed in its configuration, as a watcher saw it"),
    "onset": FactSpec("", "events", "what the rules began to find; key = when"),
    "log_template": FactSpec("count", "logs", "key = the line with its variable parts masked, value = how often", 1.0),
    "log_errors": FactSpec("count", "logs", "lines at level error or above in what was read", 1.0),
    "log_lines": FactSpec("count", "logs", "lines read", 1.0),
    "log_unreadable": FactSpec("", "logs", "why there are no logs to read"),
    # signals: what known lines of the current or last run's log say; key = 'kind name=value …' (logtemplates/signals)
    "log_signal": FactSpec("", "signals", "newest line that says it, redacted and bounded"),
    "log_signal_count": FactSpec("count", "signals", "lines that say it", 1.0),
    "log_signal_at": FactSpec("time", "signals", "time of the newest of them"),
    "log_last_line": FactSpec("", "signals", "last line of that log, redacted and bounded"),
    "log_run_lines": FactSpec("count", "signals", "lines of that log that were read; 1000 are the most", 1.0),
    # logfile: the engine's file of a log, and the files that its processes log to
    "log_size": FactSpec("bytes", "logfile", "size of the engine's file of its log", 1.0),
    "log_growth": FactSpec("bytes/s", "logfile", "how fast that file grows", 1.0),
    "log_supervisor_lines": FactSpec("count", "signals", "of these, what a supervisor says of what it started", 1.0),
    "log_into_files": FactSpec("count", "logfile", "processes; all of them have their output and errors in files", 1.0),
    "log_file": FactSpec("bytes", "logfile", "a log file it holds open inside, with its size; key = path", 1.0),
    "log_signal_first": FactSpec("time", "signals", "time of the oldest of them that was read"),
    "log_signal_after": FactSpec("count", "signals", "lines of the log after the newest of them", 1.0),
    "log_signal_apart": FactSpec("count", "signals", "most lines of the log from one of them to the next", 1.0),
    "log_clock_offset": FactSpec("s", "signals", "times in the lines minus the engine's, rounded to a quarter hour"),
    # probes: what a service says of itself, asked read-only; a container's first of each program is asked
    "probe_refused": FactSpec("", "probes", "why a service could not be asked; key = the service"),
    "redis_version": FactSpec("", "probes", "version of redis"),
    "redis_used_memory": FactSpec("bytes", "probes", "memory its data takes, as maxmemory counts it", 0.2),
    "redis_peak_memory": FactSpec("bytes", "probes", "the most it ever took in this run", 0.2),
    "redis_maxmemory": FactSpec("bytes", "probes", "its own limit; 0 = none"),
    "redis_policy": FactSpec("", "probes", "what it does at its limit: noeviction, allkeys-lru …"),
    "redis_evicted": FactSpec("count", "probes", "keys evicted at the limit since the start", 1.0),
    "redis_keys": FactSpec("count", "probes", "keys in all its databases", 0.5),
    "redis_expiring": FactSpec("count", "probes", "of these, those that have an expiry", 0.5),
    "redis_last_bgsave": FactSpec("state", "probes", "ok or err: the last save to disk"),
    "redis_unsaved_changes": FactSpec("count", "probes", "changes since the last save", 1.0),
    "redis_stop_writes": FactSpec("bool", "probes", "refuses writes while saving fails"),
    "redis_save": FactSpec("", "probes", "when it saves by itself; empty = never"),
    "redis_aof": FactSpec("bool", "probes", "keeps an append-only file"),
    "redis_aof_status": FactSpec("state", "probes", "ok or err: the last write of the append-only file"),
    "redis_dir": FactSpec("", "probes", "folder of its files"),
    "redis_loading": FactSpec("bool", "probes", "still loads its data"),
    "redis_clients": FactSpec("count", "probes", "connected clients, the probe among them", 0.5),
    "redis_blocked_clients": FactSpec("count", "probes", "clients that wait for data", 1.0),
    "redis_maxclients": FactSpec("count", "probes", "clients it takes at most"),
    "redis_rejected": FactSpec("count", "probes", "connections refused at maxclients since the start", 1.0),
    "redis_replicas": FactSpec("count", "probes", "replicas connected to it"),
    "redis_role": FactSpec("state", "probes", "master or slave"),
    "redis_master_link": FactSpec("state", "probes", "up or down: a replica's link to its master"),
    "redis_master_syncing": FactSpec("bool", "probes", "a replica that loads its master's data for the first time"),
    "redis_master": FactSpec("", "probes", "host:port of the master of a replica"),
    "redis_protected_mode": FactSpec("bool", "probes", "takes only clients of its own host while it has no password"),
    "redis_requirepass": FactSpec("bool", "probes", "wants a password"),
    "redis_bind": FactSpec("", "probes", "addresses it listens on, as configured; empty = all"),
    "redis_errors": FactSpec("count", "probes", "errors told to clients since the start; key = OOM, NOAUTH …", 1.0),
    "pg_version": FactSpec("", "probes", "version of PostgreSQL"),
    "pg_connections": FactSpec("count", "probes", "clients connected; key = active, idle, idle in transaction …", 0.5),
    "pg_clients": FactSpec("count", "probes", "clients' connections of every state, the probe's left out", 0.5),
    "pg_max_connections": FactSpec("count", "probes", "connections it takes at most"),
    "pg_reserved_connections": FactSpec("count", "probes", "of these, kept for superusers"),
    "pg_oldest_transaction": FactSpec("s", "probes", "age of the oldest open transaction; key = its state", 1.0),
    "pg_blocked": FactSpec("count", "probes", "pid that holds the lock; key = pid that waits for it"),
    "pg_waiting": FactSpec("s", "probes", "how long it waits for a lock; key = its pid", 1.0),
    "pg_waiting_client": FactSpec("", "probes", "address of the client that waits; key = pid"),
    "pg_holder_state": FactSpec("state", "probes", "what the holder of a lock does; key = its pid"),
    "pg_holder_age": FactSpec("s", "probes", "age of the holder's transaction; key = its pid", 1.0),
    "pg_holder_idle": FactSpec("s", "probes", "how long the holder has been idle; key = its pid", 1.0),
    "pg_holder_client": FactSpec("", "probes", "address of the client that holds it; key = pid"),
    "pg_shared_buffers": FactSpec("bytes", "probes", "memory for cached pages"),
    "pg_work_mem": FactSpec("bytes", "probes", "memory one step of a query may take"),
    "pg_data_dir": FactSpec("", "probes", "folder of its data"),
    "nginx_config": FactSpec("", "probes", "its configuration file"),
    "nginx_worker_processes": FactSpec("", "probes", "workers it is told to start: a number or auto"),
    "nginx_worker_connections": FactSpec("count", "probes", "connections one worker may hold"),
    "nginx_listen": FactSpec("count", "probes", "port it is told to listen on; key = as written"),
    "nginx_upstream": FactSpec("", "probes", "where it sends requests; key = 'api/api:8000' or 'location /'"),
    "nginx_timeout": FactSpec("s", "probes", "how long it waits for an upstream; key = proxy_read_timeout …"),
    "nginx_error_log": FactSpec("", "probes", "where its errors go; key = the same"),
    "nginx_error": FactSpec("", "probes", "newest line of its kind in an error log that is a file; key = its time"),
    "nginx_access_log": FactSpec("", "probes", "where its access log goes; key = the same"),
    "nginx_connections": FactSpec("count", "probes", "by its status page; key = active reading writing waiting", 1.0),
    "nginx_dropped": FactSpec("count", "probes", "accepted and not handled since the start, by its status page", 1.0),
    "haproxy_server": FactSpec("", "probes", "where it sends requests; key = 'backend/server' of its configuration"),
    "app_workers": FactSpec("count", "probes", "processes that answer requests; key = the service", 0.5),
    "app_threads": FactSpec("count", "probes", "threads of the busiest of them; key = the service", 0.5),
    "app_told_workers": FactSpec("count", "probes", "workers it is told to start; key = the service"),
    "app_told_threads": FactSpec("count", "probes", "threads it is told to give each worker; key = the service"),
    "app_server": FactSpec("", "probes", "what serves it: gunicorn sync, uvicorn, http.server …; key = the service"),
    "port_speaks": FactSpec("state", "probes", "what a port speaks that its healthcheck asks in vain: tls or plain"),
    "log_secrets": FactSpec("count", "signals", "lines in which something like a secret was hidden", 1.0),
    # host
    "host_cpus": FactSpec("count", "host", "CPUs online"),
    "host_load": FactSpec("count", "host", "load average; key = '1m' '5m' '15m'", 1.0),
    "host_pressure": FactSpec("ratio", "host", "share of time stalled, 10 s average; key = 'cpu some' …", 1.0),
    "host_memory": FactSpec("bytes", "host", "memory of the host"),
    "host_memory_available": FactSpec("bytes", "host", "memory available on the host", 0.5),
    "host_oom_kills": FactSpec("count", "host", "kernel OOM kills since boot", 1.0),
    "host_disk_used_ratio": FactSpec("ratio", "host", "filesystem of the engine's data root; key = its path", 0.1),
    "host_inode_ratio": FactSpec("ratio", "host", "inodes of that filesystem; key = its path", 0.1),
    "engine": FactSpec("state", "host", "alive, hung, restarting, gone"),
    "engine_version": FactSpec("", "host", "engine version"),
    "containers": FactSpec("count", "host", "containers; key = state"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One observed value. `source` replays: 'cgroup:memory.stat#inactive_file', 'api:inspect#State.Status'."""

    about: Ref
    name: str
    key: str
    value: Value
    unit: str
    at: float
    source: str
    window_s: float | None = None
    inputs: tuple[str, ...] = ()


def reading(
    about: Ref,
    name: str,
    value: Value,
    *,
    at: float,
    source: str,
    key: str = "",
    window_s: float | None = None,
    inputs: tuple[str, ...] = (),
) -> Reading:
    """A reading with the unit of the table. Raises KeyError for a name that is not in it."""
    return Reading(about, name, key, value, FACTS[name].unit, at, source, window_s, inputs)


@dataclass(frozen=True, slots=True)
class Fact:
    id: str
    reading: Reading

    @property
    def value(self) -> Value:
        return self.reading.value

    @property
    def key(self) -> str:
        return self.reading.key

    @property
    def name(self) -> str:
        return self.reading.name

    @property
    def about(self) -> Ref:
        return self.reading.about

    def to_json(self) -> dict[str, Any]:
        read = self.reading
        return {
            "id": self.id,
            "container": read.about.short,
            "name": read.name,
            "key": read.key,
            "value": timestamp(read.value) if read.unit == "time" and isinstance(read.value, float) else read.value,
            "unit": read.unit,
            "source": read.source,
            "at": timestamp(read.at),
            "window_s": read.window_s,
            "inputs": list(read.inputs),
        }


@dataclass(slots=True)
class Ledger:
    """The facts of one session or document. Adding an equal reading again gives the same fact. `before`: how many
    facts the session had already, so that ids go on.

    Lookups answer with the newest fact. A derived reading (source `derived:memory_working_set/memory_limit`) gets the
    ids of the facts it was made from as its `inputs`.
    """

    before: int = 0
    _facts: list[Fact] = field(default_factory=list)
    _ids: dict[Reading, Fact] = field(default_factory=dict)
    _index: dict[tuple[Ref, str], dict[str, Fact]] = field(default_factory=dict)
    _counts: Counter[Ref] = field(default_factory=Counter)

    def add(self, readings: Iterable[Reading]) -> tuple[Fact, ...]:
        """Their facts, in the given order; what others are derived from may stand anywhere among them."""
        items = tuple(readings)
        plain = {id(item): self._add(item) for item in items if not item.source.startswith(DERIVED)}
        return tuple(plain.get(id(item)) or self._add(self._with_inputs(item)) for item in items)

    def _with_inputs(self, item: Reading) -> Reading:
        names = re.findall(r"\w+", item.source.removeprefix(DERIVED))
        made_of = (self.get(item.about, name, item.key) or self.get(item.about, name) for name in names)
        return replace(item, inputs=item.inputs or tuple(fact.id for fact in made_of if fact is not None))

    def _add(self, item: Reading) -> Fact:
        known = self._ids.get(item)
        if known is not None:
            return known
        fact = Fact(f"e{self.before + len(self._facts) + 1}", item)
        self._facts.append(fact)
        self._ids[item] = fact
        self._index.setdefault((item.about, item.name), {})[item.key] = fact
        self._counts[item.about] += 1
        return fact

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def count(self, about: Ref) -> int:
        """How many facts of it are known; while it stays the same, so does what follows from them."""
        return self._counts[about]

    def get(self, about: Ref, name: str, key: str = "") -> Fact | None:
        """The newest fact of that name and key, or None if it was never read."""
        return self._index.get((about, name), {}).get(key)

    def all(self, about: Ref, name: str) -> tuple[Fact, ...]:
        """The newest fact of each key, in the order they were first read."""
        return tuple(self._index.get((about, name), {}).values())

    def value(self, about: Ref, name: str, key: str = "") -> Value:
        fact = self.get(about, name, key)
        return None if fact is None else fact.value

    def number(self, about: Ref, name: str, key: str = "") -> float | None:
        value = self.value(about, name, key)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def text(self, about: Ref, name: str, key: str = "") -> str:
        value = self.value(about, name, key)
        return "" if value is None else str(value)
