"""Logs that go to files inside: of what a supervisor started, or of a program whose start script still spoke."""

from __future__ import annotations

from tests.faults.draw import Draw
from tests.faults.programs import both, logged, running, shell
from tests.faults.scenario import SVC, Box, Case, Expect, Look, scenario
from tests.faults.site import Site

PROGRAMS = "ergon-ops-lab/programs:1"
ACCEPTS = ("recreate", "rebuild_advice", "app_setting", "")
WORKS = 'n=0; while true; do n=$((n+1)); echo "ts=$n level=info msg=\\"parcel $n weighed\\""; sleep 0.2; done'


def supervised(name: str, word: str, *more: str) -> Box:
    lines = ("[supervisord]", "nodaemon=true", "user=root", "pidfile=/run/s.pid", f"[program:{word}]", *more)
    files = {"/etc/s.conf": "\n".join((*lines, "command=sh /srv/work.sh", "")), "/srv/work.sh": WORKS}
    return Box(name, ["supervisord", "-c", "/etc/s.conf"], image=PROGRAMS, files=files)


def filed(name: str, path: str) -> Look:
    def look(site: Site) -> bool:
        return "weighed" not in site.logs(name) and site.sh(name, f"cat {path}").count("weighed") > 30

    return look


@scenario("W-SUPER", "ways", "T1")
def what_a_supervisor_started(draw: Draw) -> Case:
    """supervisord keeps what its program says in files of its own in /tmp, as it does unless it is told otherwise."""
    name = draw.name()
    box = supervised(name, draw.word())
    look = both(running(name), filed(name, "/tmp/*stdout*.log"))
    return Case((box,), name, look, (Expect("logs_to_file", name, {}, (), (), ACCEPTS),))


@scenario("W-LED", "ways", "T1")
def a_start_script_that_still_spoke(draw: Draw) -> Case:
    """The start script says what it starts; what that says goes into a file."""
    name, path = draw.name(), f"/var/log/{draw.word()}.log"
    box = shell(
        name,
        f"echo preparing; mkdir -p /var/log; echo starting; exec sh /srv/work.sh >> {path} 2>&1",
        image=SVC,
        files={"/srv/work.sh": WORKS},
    )
    look = both(running(name), logged(name, "starting"), filed(name, path))
    return Case((box,), name, look, (Expect("logs_to_file", name, {"path": path}, (), (), ACCEPTS),))


@scenario("W-TAILED", "ways", "T0")
def a_file_that_is_followed(draw: Draw) -> Case:
    """Control: the log goes into a file, and `tail -F` hands it on; under supervisord, to its own output."""
    name = draw.name()
    if draw.pick(True, False):
        box = supervised(name, draw.word(), "stdout_logfile=/dev/fd/1", "stdout_logfile_maxbytes=0")
    else:
        script = (
            "mkdir -p /var/log; touch /var/log/w.log; tail -F /var/log/w.log & exec sh /srv/work.sh >> /var/log/w.log"
        )
        box = shell(name, script, image=SVC, files={"/srv/work.sh": WORKS})
    return Case((box,), name, logged(name, "weighed", times=15))
