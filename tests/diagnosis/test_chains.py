"""One fault is told once, at its origin, whoever is asked; two faults are both told."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import RULES, Conclusion, Rule, Scene, chains, diagnose
from ergon_ops.refs import Ref
from tests.diagnosis.facts import Box, scene, together, told

REFUSED = "ERROR GET http://{}/ failed: <urlopen error [Errno 111] Connection refused>"
LATE = "ERROR GET http://{}/ failed: <urlopen error timed out>"
UNKNOWN = "ERROR GET http://{}/ failed: <urlopen error [Errno -2] Name or service not known>"
FAILED = "GET /orders HTTP/1.1 500"
API, DB, PROXY = Ref("api"), Ref("db"), Ref("proxy")


def inside(cause: str, name: str, **more: Any) -> Rule:
    """A rule that finds something wrong inside the container of that name."""

    def function(scene: Scene, ref: Ref) -> tuple[Conclusion, ...]:
        return (Conclusion(f"{cause}.", (), {}),) if ref.name == name else ()

    return Rule(cause, "fault", "critical", (), function, **more)


def shop(**of_db: Any) -> tuple[Box, ...]:
    """A proxy that uses an API that uses a database, each of which complains of the next."""
    return (
        Box("proxy", env_hosts={"API": "api:8000"}, log=[FAILED] * 3),
        Box("api", env_hosts={"DB": "db:5432"}, listens=["0.0.0.0:8000"], log=[FAILED] * 3),
        Box("db", **of_db),
    )


def concluded(about: str, boxes: tuple[Box, ...], *more: Rule) -> list[tuple[str, list[str]]]:
    rules = [*RULES.values(), *more]
    stage = scene(*boxes)
    found = {box.ref: diagnose(stage, box.ref, rules) for box in boxes}
    result = chains.concluded(stage, Ref(about), found, rules)
    return [(f"{item.cause} {item.about.name}", sorted(ref.name for ref in item.victims)) for item in result]


@pytest.mark.parametrize("about", ["proxy", "api", "db"])
def test_a_chain_names_its_deepest_origin_with_all_the_others_as_victims(about: str) -> None:
    boxes = shop(listens=["0.0.0.0:5432"])
    assert concluded(about, boxes, inside("redis_misconf_rdb", "db")) == [("redis_misconf_rdb db", ["api", "proxy"])]


def test_how_the_origin_shows_further_up_is_left_out() -> None:
    proxy, api, db = shop(state="exited")
    boxes = (
        Box("proxy", env_hosts=proxy.env_hosts, log=[LATE.format("api:8000")] * 3),
        Box("api", env_hosts=api.env_hosts, listens=["0.0.0.0:8000"], log=[UNKNOWN.format("db:5432")] * 3),
        db,
    )
    assert concluded("proxy", boxes) == [("dependency_stopped db", ["api", "proxy"])]


def test_what_ended_a_peer_gives_way_to_that_it_is_down_and_what_broke_it_does_not() -> None:
    boxes = (Box("api", env_hosts={"DB": "db:5432"}, log=[UNKNOWN.format("db:5432")] * 3), Box("db", state="exited"))
    assert concluded("api", boxes, inside("killed_externally", "db")) == [("dependency_stopped db", ["api"])]
    assert concluded("api", boxes, inside("oom_killed", "db")) == [("oom_killed db", ["api"])]


def test_two_independent_faults_are_both_named() -> None:
    boxes = shop(listens=["0.0.0.0:5432"])
    both = concluded("api", boxes, inside("pg_lock_wait", "db"), inside("oom_killed", "api"))
    assert [cause for cause, _ in both] == ["oom_killed api"]
    calls = (boxes[0], Box("api", env_hosts={"DB": "db:5432"}, log=[LATE.format("db:5432")] * 3), boxes[2])
    both = concluded("api", calls, inside("pg_lock_wait", "db"), inside("oom_killed", "api"))
    assert [cause for cause, _ in both] == ["oom_killed api", "pg_lock_wait db"]


def test_a_fault_of_somebody_who_is_used_is_no_cause_for_one_that_does_not_complain() -> None:
    boxes = (Box("api", env_hosts={"DB": "db:5432"}), Box("db", listens=["0.0.0.0:5432"]))
    assert concluded("api", boxes, inside("cpu_throttled_badly", "db")) == []


def test_symptoms_of_a_victim_give_way_to_the_origin() -> None:
    sick = {"health": "unhealthy", "health_exit_code": 1, "health_output": "500", "health_command": "check"}
    boxes = (Box("api", env_hosts={"DB": "db:5432"}, more=sick), Box("db", listens=["0.0.0.0:5432"]))
    assert concluded("api", boxes) == [("healthcheck_failing_app api", [])]
    assert concluded("api", boxes, inside("pg_lock_wait", "db")) == [("pg_lock_wait db", ["api"])]


def test_the_origin_asked_by_itself_gives_the_same_finding() -> None:
    boxes = (Box("api", log=[REFUSED.format("db:5432")] * 3), Box("db"))
    mine, its = together("api", *boxes), together("db", *boxes)
    assert told(mine) == told(its) == ["dependency_refusing db"]
    assert mine[0].id == its[0].id


def test_two_that_blame_each_other_do_not_loop() -> None:
    boxes = (
        Box("one", env_hosts={"TWO": "two:1"}, log=[REFUSED.format("two:1")] * 3),
        Box("two", env_hosts={"ONE": "one:2"}, log=[REFUSED.format("one:2")] * 3),
    )
    assert {cause for cause, _ in concluded("one", boxes)} <= {"dependency_refusing one", "dependency_refusing two"}
    assert concluded("one", boxes)


@pytest.mark.parametrize(
    ("state", "lines_since", "victims"),
    [
        ({"uptime": 3.0, "restart_count": 3}, 12, ["api"]),  # in a loop, and back for the moment
        ({"uptime": 3.0, "restart_count": 3}, 80, []),  # nothing was said of it for more than a minute
        ({"uptime": 3.0, "restart_count": 1}, 12, []),  # once
        ({"uptime": 600.0, "restart_count": 3}, 12, []),  # long ago
    ],
)
def test_one_that_is_lost_again_and_again_is_missed_between_two_of_its_ends(
    state: dict[str, Any], lines_since: int, victims: list[str]
) -> None:
    lost = "ERROR write failed: Error while reading from db:5432 : (104, 'Connection reset by peer')"
    api = Box("api", env_hosts={"DB": "db:5432"}, log=[lost, *["100 rows written"] * lines_since])
    db = Box("db", listens=["0.0.0.0:5432"], more=state)
    found = concluded("api", (api, db), inside("oom_restart_loop_", "db"))
    assert found == ([("oom_restart_loop_ db", victims)] if victims else [])


PG_FULL = 'could not extend file "pg_tblspc/16385/PG_15/5/16386": No space left on device'


@pytest.mark.parametrize(
    ("line", "victims"),
    [
        ('{"level": "error", "error": "' + PG_FULL.replace('"', '\\"') + '"}', ["api", "proxy"]),
        ("ERROR: /tmp/x.part: No space left on device", []),
        ("ERROR: could not write to file: No space left on device", []),
    ],
)
def test_who_hands_on_the_words_of_a_database_beside_it_is_its_victim(line: str, victims: list[str]) -> None:
    boxes = (
        Box("api", listens=["0.0.0.0:8000"], log=[line] * 3),
        Box("proxy", env_hosts={"API": "api:8000"}, log=[FAILED] * 3),
        Box("db", listens=["0.0.0.0:5432"], log=[f"2026-11-30 ERROR:  {PG_FULL}"] * 3),
    )
    said = [("volume_disk_full db", victims)]
    assert concluded("db", boxes, inside("volume_disk_full", "db")) == said
    assert concluded("api", boxes, inside("volume_disk_full", "db")) == (said if victims else [])
