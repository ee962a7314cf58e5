"""What supervisors and init programs say of themselves: that they start something, and that it runs. Where a log has
nothing else, what is supervised logs elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Of supervisord (and its twin in Go), s6-overlay, runit as in phusion's base image, pm2, circus, monit, systemd.
OWN = re.compile(
    r"^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?:INFO|WARN|CRIT|DEBG|ERRO|TRAC) (?:Set uid to user|supervisord started"
    r"|spawned: |success: |exited: |gave up: |stopped: |killing |waiting for |reaped |received SIG|RPC interface"
    r"|Server '|Included extra file|Creating socket|Unlinking stale|Supervisord is running|No file matches"
    r"|Increased RLIMIT|daemonizing|Clearing|fd \d+ closed)"
    r"|.*supervisor/options\.py:\d+: UserWarning|\s+self\.warnings\.warn\(|\s+'Supervisord is running as root"
    r"|Unlinking stale socket|time=\"[^\"]+\" level=\w+ msg=\"(?:try to start program|success to start program"
    r"|load configuration from file|create process|program stopped|start the program|stop listening)"
    r"|s6-rc: |s6-linux-init|s6-svscan|cont-init: |services-up: |legacy-\w+: |\[(?:s6-init|s6-finish|fix-attrs\.d"
    r"|cont-init\.d|cont-finish\.d|services\.d|cmd)\] "
    r"|\*\*\* (?:Running|Booting|Runit|Shutting|Killing|Init system|Not all)"
    r"|(?:\S+ )?PM2 {2,}\| |\S+: PM2 log: |\[PM2\] |.{0,30}\bcircus\[\d+\] \["
    r"|.{0,30}\bStarting Monit \d| ?'[\w.-]+' Monit \d\S* started|.{0,30}\bMonit daemon with PID"
    r"|systemd \S+ running in system mode|Detected (?:virtualization|architecture)|Welcome to .{1,60}!$|Set hostname to"
    r"|\[ *(?:OK|INFO|DEPEND)? *\] (?:Started|Starting|Reached|Listening|Created|Finished|Mounted|Set up) )"
)
# Files of a supervisor's own.
ITS_FILE = re.compile(r"/(?:supervisord?|s6-svscan|monit|circus|pm2)\.log$")


def counted(lines: Sequence[str]) -> dict[str, int]:
    """How many lines there are, and how many of them are a supervisor's own, if any is; an empty line is anybody's."""
    its = sum(OWN.match(line) is not None for line in lines)
    empty = sum(not line.strip() for line in lines)
    return {"log_run_lines": len(lines), **({"log_supervisor_lines": its + empty} if its else {})}
