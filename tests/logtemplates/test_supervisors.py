"""Lines that are a supervisor's own, as they were said, and lines that look like them."""

from __future__ import annotations

import pytest

from ergon_ops.logtemplates.supervisors import counted

# ruff: noqa: E501
OWN = """\
2026-11-30 17:55:35,197 INFO Set uid to user 0 succeeded
2026-11-30 17:55:35,205 INFO supervisord started with pid 1
2026-11-30 17:55:36,209 INFO spawned: 'mailer' with pid 64
2026-11-30 17:55:37,219 INFO success: mailer entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)
/usr/lib/python3/dist-packages/supervisor/options.py:474: UserWarning: Supervisord is running as root and it is searching
  self.warnings.warn(
s6-rc: info: service legacy-services successfully started
[cont-init.d] 10-adduser: exited 0.
cont-init: info: running /etc/cont-init.d/20-config
*** Running /etc/my_init.d/00_regen_ssh_host_keys.sh...
*** Runit started as PID 14
2026-11-30T17:54:47: PM2 log: App [api:0] online
[  OK  ] Started nginx.service - A high performance web server.""".splitlines()


@pytest.mark.parametrize("line", OWN)
def test_a_supervisors_words(line: str) -> None:
    assert counted([line, "", line]) == {"log_run_lines": 3, "log_supervisor_lines": 3}


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-30 17:54:47,680 INFO page read",
        "2026-11-30 17:55:37,219 WARNING orders success rate is low",
        'time="2026-11-30T10:00:00Z" level=info msg="listening on :8080"',
        "[OK] 200 GET /",
        "0|api  | GET / 200",
    ],
)
def test_a_programs_words(line: str) -> None:
    assert counted([line]) == {"log_run_lines": 1}
