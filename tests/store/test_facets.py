from __future__ import annotations

from dataclasses import replace

import pytest

from ergon_ops.engine.protocols import Container, Counters, PublishedPort
from ergon_ops.errors import StoreError
from ergon_ops.facts import Ledger, reading
from ergon_ops.findings import Finding
from ergon_ops.messages import Message, Native, Text, ToolCall, ToolResult
from ergon_ops.proposals import Expect, Intent
from ergon_ops.refs import Ref
from ergon_ops.store import Store, codec
from ergon_ops.store.builds import BuildRow
from ergon_ops.store.lives import Happened
from tests.clock import Time

API = Ref("api", "far")
DAY = 86_400.0


def finding(key: str = "f-1", cause: str = "cpu_throttled", about: Ref = API) -> Finding:
    expect = Expect("cpu_throttled_ratio", "", "<", 0.05, 30.0)
    fix = Intent(about, "set_cpu_limit", {"nano_cpus": 5}, "throttle", ("e1",), expect, (expect,), "live", "medium")
    return Finding(
        key, cause, "fault", "warning", about, "Slow.", ("e1", "e2"), (Ref("web"),), {"cpus": 0.15}, ("x",), fix
    )


# -- sessions and facts ------------------------------------------------------------------------------------------------


def test_a_session_is_resumed_by_name_id_or_a_beginning_of_the_id(store: Store) -> None:
    session = store.sessions.create("incident", subject="far/api")
    assert store.sessions.create("incident") == session
    for name in ("incident", session.id, session.id[:6]):
        assert store.sessions.resume(name) == session
    store.sessions.create()
    for name in ("", "inc", "s-", "nobody", "%"):
        assert store.sessions.resume(name) is None


def test_messages_come_back_as_they_were_said(store: Store) -> None:
    session = store.sessions.create("a").id
    said = (
        Message("user", (Text("why are you slow? ❄"),)),
        Message(
            "assistant", (Text(""), ToolCall("1", "logs", {"tail": 5, "level": None}), Native("x", {"sig": ["b"]}))
        ),
        Message("tool", (ToolResult("1", "nothing", ok=False),)),
    )
    for message in said:
        store.sessions.append(session, message)
    assert store.sessions.messages(session) == said
    (row,) = store.sessions.list()
    assert row.messages == 3


def test_secrets_are_not_stored(store: Store) -> None:
    session = store.sessions.create("a").id
    call = ToolCall("1", "logs", {"grep": "password=hunter2"})
    store.sessions.append(
        session, Message("user", (Text("my DB_PASSWORD=hunter2"), call, ToolResult("1", "pw: PASSWORD=hunter2")))
    )
    (message,) = store.sessions.messages(session)
    assert "hunter2" not in repr(message)
    assert "DB_PASSWORD" in repr(message)
    assert "hunter2" not in str(store.handles.get(store.handles.put("DB_PASSWORD=hunter2")))


def test_a_deleted_session_takes_its_messages_and_facts_with_it(store: Store) -> None:
    session = store.sessions.create("a").id
    ledger = Ledger()
    facts = ledger.add(
        [reading(API, "pids", 3, at=1.5, source="s"), reading(API, "cpu_usage", 0.5, at=2.0, source="s", window_s=2.0)]
    )
    store.facts.record(session, ledger)
    store.facts.record(session, ledger)
    store.sessions.append(session, Message("user", (Text("hi"),)))
    assert store.facts.of(session) == facts
    assert store.facts.get(session, "e2") == facts[1]
    assert store.sessions.delete(session)
    assert not store.sessions.delete(session)
    assert (store.facts.of(session), store.sessions.messages(session)) == ((), ())
    store.facts.record(session, ledger)
    with pytest.raises(StoreError, match="does not exist"):
        store.sessions.append(session, Message("user", (Text("hi"),)))


def test_the_facts_of_a_long_session_keep_their_order(store: Store) -> None:
    session, ledger = store.sessions.create("a").id, Ledger()
    ledger.add(reading(API, "pids", number, at=float(number), source="s") for number in range(12))
    store.facts.record(session, ledger)
    assert [fact.id for fact in store.facts.of(session)] == [f"e{number}" for number in range(1, 13)]


# -- findings ----------------------------------------------------------------------------------------------------------


def test_first_seen_stays_while_a_finding_persists_and_begins_anew_after_it_ended(store: Store, time: Time) -> None:
    began = time.now
    assert store.findings.observe([API], [finding()]) == {"f-1": began}
    time.now += 60
    assert store.findings.observe([API], [replace(finding(), summary="Slower.")]) == {"f-1": began}
    (seen,) = store.findings.current()
    assert (seen.finding.summary, seen.first_seen, seen.last_seen) == ("Slower.", began, began + 60)
    assert seen.finding == replace(finding(), summary="Slower.")
    time.now += 60
    assert store.findings.observe([API], []) == {}
    assert store.findings.first_seen("f-1") is None
    time.now += 60
    assert store.findings.observe([API], [finding()]) == {"f-1": began + 180}
    assert [row.ended_at for row in store.findings.between(began, time.now)] == [began + 120, None]


def test_a_container_made_anew_under_its_name_has_findings_of_its_own(store: Store, time: Time) -> None:
    began = time.now
    store.findings.observe([API], [finding()])  # whose it is was not known then
    time.now += 60
    assert store.findings.observe([API], [finding()], {API: "a" * 64}) == {"f-1": began}
    time.now += 60
    assert store.findings.observe([API], [finding()]) == {"f-1": began}
    time.now += 60
    assert store.findings.observe([API], [finding()], {API: "b" * 64}) == {"f-1": began + 180}
    assert store.findings.observe([API], [finding()], {API: "b" * 64}) == {"f-1": began + 180}
    assert [row.ended_at for row in store.findings.between(began, time.now)] == [began + 120, None]
    assert [row.first_seen for row in store.findings.current(API)] == [began + 180]


def test_what_was_not_looked_at_does_not_end(store: Store) -> None:
    store.findings.observe([API], [finding()])
    store.findings.observe([Ref("web")], [])
    assert [seen.finding.id for seen in store.findings.current(API)] == ["f-1"]
    assert store.findings.current(Ref("api", "local")) == ()


def test_what_was_wrong_at_a_time_can_be_asked(store: Store, time: Time) -> None:
    store.findings.observe([API], [finding()])
    began = time.now
    time.now += 100
    store.findings.observe([API], [])
    assert len(store.findings.between(began + 50, began + 60, API)) == 1
    assert store.findings.between(began + 150, began + 160) == ()
    assert store.findings.between(began - 20, began - 10) == ()


# -- samples and sightings ---------------------------------------------------------------------------------------------


def test_the_last_counters_of_a_host_give_the_next_process_its_rate(store: Store) -> None:
    counters = (Counters("a" * 64, 12.5, "cgroup", cpu_s=1.25, periods=9, throttled=0), Counters("b" * 64, 12.5, "api"))
    store.samples.save_counters("far", [Counters("old", 1.0, "x")])
    store.samples.save_counters("far", counters)
    assert store.samples.load_counters("far") == counters
    assert store.samples.load_counters("local") == ()


def test_one_writer_per_host_until_its_lease_runs_out(store: Store, time: Time) -> None:
    assert store.samples.take_lease("far", "a", seconds=10)
    assert not store.samples.take_lease("far", "b", seconds=10)
    assert store.samples.take_lease("local", "b", seconds=10)
    time.now += 9
    assert store.samples.take_lease("far", "a", seconds=10)
    time.now += 9
    assert not store.samples.take_lease("far", "b", seconds=10)
    time.now += 2
    assert store.samples.take_lease("far", "b", seconds=10)
    store.samples.release_lease("far", "a")
    assert not store.samples.take_lease("far", "a", seconds=10)
    store.samples.release_lease("far", "b")
    assert store.samples.take_lease("far", "a", seconds=10)


def test_a_clock_that_was_set_back_does_not_lock_everybody_out(store: Store, time: Time) -> None:
    assert store.samples.take_lease("far", "a", seconds=10)
    time.now -= 365 * DAY
    assert store.samples.take_lease("far", "b", seconds=10)


def test_the_last_sighting_tells_its_time_and_all_it_saw(store: Store, time: Time) -> None:
    row = Container(
        API, "a" * 64, "nginx:1", "sha256:1", "running", "Up 3 minutes", "healthy", 1.5, "nginx", None,
        {"com.docker.compose.service": "api"}, (PublishedPort("0.0.0.0", 80, 8080),), (8080,), ("shop",),
    )  # fmt: skip
    read = reading(API, "memory_working_set", 5_000_000_000, at=3.25, source="cgroup")
    store.sightings.record("far", [row], [read])
    seen = store.sightings.last("far")
    assert seen is not None
    assert (seen.at, seen.containers, seen.readings) == (time.now, (row,), (read,))
    assert store.sightings.hosts() == ("far",)
    assert store.sightings.last("local") is None


# -- registrations -----------------------------------------------------------------------------------------------------


def test_only_a_registered_text_is_found_by_its_digest(store: Store, time: Time) -> None:
    store.manifests.register("sha256:1", path="/a.json", name="shop", body="{}")
    time.now += 1
    store.manifests.register("sha256:2", path="/b.json", name="blog", body="{ }")
    assert [item.name for item in store.manifests.all()] == ["blog", "shop"]
    found = store.manifests.get("sha256:1")
    assert found is not None
    assert (found.path, found.body) == ("/a.json", "{}")
    assert store.manifests.get("sha256:3") is None
    assert store.manifests.forget("sha256:1")
    assert not store.manifests.forget("sha256:1")


def test_a_consent_is_per_endpoint_and_can_be_withdrawn(store: Store, time: Time) -> None:
    store.consents.give("https://models.example")
    assert store.consents.given("https://models.example")
    assert not store.consents.given("https://models.example.evil")
    assert store.consents.all() == {"https://models.example": time.now}
    store.consents.withdraw("https://models.example")
    assert not store.consents.given("https://models.example")


def test_a_handle_gives_the_whole_text_and_a_huge_one_its_head_and_tail(store: Store) -> None:
    first, second = store.handles.put("one", label="logs"), store.handles.put("line\n" * 900_000)
    assert store.handles.get(first) == "one"
    text = store.handles.get(second)
    assert text is not None
    assert len(text) < 1_001_000
    assert "characters left out" in text
    for name in ("h999", "3", "", "h", "h-1", "h1; DROP TABLE handles", "h٣"):
        assert store.handles.get(name) is None


# -- upkeep ------------------------------------------------------------------------------------------------------------


def test_old_things_are_forgotten_and_the_journal_is_not(store: Store, time: Time) -> None:
    store.sessions.create("old")
    store.findings.observe([API], [finding()])
    store.findings.observe([API], [finding("f-2")])
    handle = store.handles.put("old")
    store.journal.append("once", durable=False)
    time.now += 100 * DAY
    store.sessions.create("new")
    removed = store.prune(days=90)
    gone = {"sessions": 1, "handles": 1, "findings": 1}
    assert removed == {**gone, "proposals": 0, "lives": 0, "portraits": 0, "usage": 0, "image_files": 0}
    assert store.sessions.resume("old") is None
    assert store.handles.get(handle) is None
    assert [seen.finding.id for seen in store.findings.current()] == ["f-2"]
    rows = store.stats()["rows"]
    assert (rows["sessions"], rows["findings"], rows["journal"]) == (1, 1, 1)


def test_usage_is_kept_by_the_minute_for_a_day_and_by_the_hour_for_a_month(store: Store, time: Time) -> None:
    began = time.now = 1_000_000 * 3600.0
    for minute in range(3 * 60):
        time.now = began + 60.0 * minute
        used = 100 + (900 if minute == 70 else minute)
        store.samples.save_counters("local", [Counters("c1", time.now, "s", memory_working_set=used)])
    whole = store.samples.usage("c1")
    assert whole is not None
    time.now = began + DAY + 2 * 3600.0
    for _ in range(2):
        store.prune()
        assert store.samples.usage("c1") == replace(whole, memory=1000)
        assert store.stats()["rows"]["usage"] == 2 + 60, "two hours, and the third in minutes"
    time.now = began + 31 * DAY
    assert store.prune()["usage"] > 0
    assert store.samples.usage("c1") is None


def test_a_container_made_anew_goes_on_with_the_usage_of_those_before_it_that_ran_the_same_image(
    store: Store, time: Time
) -> None:
    def life(key: str, kind: str, text: str = "") -> None:
        time.now += 60.0
        store.lives.add([Happened(time.now, API, key, kind, text)])

    def used(key: str, memory: int) -> None:
        store.samples.save_counters(API.host, [Counters(key, time.now, "s", memory_working_set=memory)])

    life("other", "start")
    used("other", 9_000)
    life("old", "create")
    life("old", "changed", "image registry:5000/tool:1 → registry:5000/shop:1")
    used("old", 700)
    life("old", "destroy")
    life("new", "create")
    life("new", "changed", "image registry:5000/shop:1 → registry:5000/shop:2")
    used("new", 100)
    alone, whole = store.samples.usage("new"), store.samples.usage("new", API)
    assert alone is not None
    assert whole is not None
    assert (alone.memory, alone.points) == (100, 1)
    assert (whole.memory, whole.points) == (700, 2), "and nothing of the tool that had the name first"


def test_a_state_that_grew_too_large_loses_its_oldest_first(store: Store, time: Time) -> None:
    for number in range(60):
        time.now += 1
        session = store.sessions.create(f"s{number}").id
        store.sessions.append(session, Message("user", (Text("word " * 4000),)))
    before = store.stats()["bytes"]
    store.prune(max_bytes=before // 2)
    assert store.stats()["bytes"] <= before // 2
    assert store.sessions.resume("s0") is None
    assert store.sessions.resume("s59") is not None


def test_the_files_of_images_go_with_age_but_for_the_last_of_each_container(store: Store, time: Time) -> None:
    def built(number: int, container: str) -> None:
        made = (f"image{number}", f"config{number}", "a.tar", "", 1, f"{container}:{number}")
        row = BuildRow(f"input{number}", 1, container, "p", "m", "s", "l", "linux/amd64", "none", "here", *made)
        store.builds.record(row, lock="{}", files={"x": f"file {number}"}, sources=(1, 1))

    for number, container in enumerate(("api", "api", "web", "api")):
        built(number, container)
    time.now += 31 * DAY
    assert store.prune()["image_files"] == 2
    kept = [store.builds.files(f"image{number}") for number in range(4)]
    assert kept == [None, None, {"x": "file 2"}, {"x": "file 3"}]
    assert len(store.builds.all()) == 4  # what was built of what stays on record
    assert store.prune()["image_files"] == 0
    built(0, "api")
    assert store.builds.files("image0") == {"x": "file 0"}
    assert store.prune(max_bytes=0)["image_files"] == 1  # that of image 3


def test_stats_name_the_file_and_the_notice(store: Store) -> None:
    stats = store.stats()
    assert (stats["path"] is None) == (not store.durable) == (stats["notice"] == "a reason")


# -- codec -------------------------------------------------------------------------------------------------------------


def test_an_older_row_lacks_what_is_new_and_a_newer_one_has_what_is_unknown() -> None:
    text = codec.dump(Counters("a", 1.0, "x", cpu_s=2.0))
    assert codec.load(Counters, text) == Counters("a", 1.0, "x", cpu_s=2.0)
    assert codec.load(Counters, text[:-1] + ',"phase_of_moon":1}') == Counters("a", 1.0, "x", cpu_s=2.0)
    assert "periods" not in text
