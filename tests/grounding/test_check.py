"""What `check` gives, and what stands in the place of what it does not let pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ergon_ops.facts import Ledger, Value, reading
from ergon_ops.findings import Finding
from ergon_ops.grounding import Acted, Ground, answers, check, intents_of, struck
from ergon_ops.offline import Ask, View, compose
from ergon_ops.offline.units import size
from ergon_ops.persona import Persona
from ergon_ops.refs import Ref
from tests.grounding.worlds import HERE, LOOPER, MAILER, MIB, NOW, ORDERS, WEBAPP, WORKER, drawn, written


def view() -> View:
    ground = written()
    persona = Persona(WEBAPP, "webapp-ci", "", "app", capabilities=("status",))
    return View(WEBAPP, persona, ground.ledger, NOW, ())


def test_citations_are_read_and_taken_out() -> None:
    checked = check("Memory is at 45% [e3, e4] of my limit (e7).", written())
    assert checked.text == "Memory is at 45% of my limit."
    assert checked.cited == ("e3", "e4", "e7")
    assert checked.ok


def test_a_citation_is_no_support() -> None:
    ground = written()
    ratio = ground.ledger.get(WEBAPP, "memory_ratio")
    assert ratio is not None
    assert not check(f"Memory is at 72% [{ratio.id}].", ground).ok


def test_the_facts_that_carry_a_sentence_are_named() -> None:
    ground = written()
    checked = check("I use 61 MiB of memory and restarted twice.", ground)
    names = {fact.name for fact in ground.ledger if fact.id in checked.fact_ids}
    assert {"memory_working_set", "restart_count"} <= names


def test_it_means_whom_the_sentence_before_named() -> None:
    ground = written()
    before = check("orders-db is unhealthy.", ground)
    assert check("It uses 1.2 GiB of memory.", ground, before).ok
    assert not check("It uses 1.2 GiB of memory.", ground).ok


def test_an_act_passes_only_with_its_journal_entry() -> None:
    said = "I restarted webapp."
    assert not check(said, written()).ok
    assert check(said, replace(written(), acted=(Acted("restart", WEBAPP),), _held=[])).ok
    assert not check(said, replace(written(), acted=(Acted("restart", WORKER),), _held=[])).ok


def test_a_window_the_question_named_may_be_repeated_but_is_no_fact() -> None:
    ground = replace(written(), question="what happened in the last 25 minutes?", _held=[])
    assert check("In the last 25 minutes my healthcheck passed.", ground).ok
    assert not check("I have been up for 25 minutes.", ground).ok


def test_advice_may_name_numbers_and_a_state_may_not() -> None:
    assert check("You could raise it to 512 MiB.", written()).ok
    assert not check("You could raise the limit, which is 512 MiB.", written()).ok


def test_facts_that_come_in_later_count() -> None:
    ground = written()
    assert not check("I use 99 MiB of memory.", ground).ok
    fact = ground.ledger.get(WEBAPP, "memory_working_set")
    assert fact is not None
    ground.ledger.add([replace(fact.reading, value=99 * 2**20, at=NOW)])
    assert check("I use 99 MiB of memory.", ground).ok
    assert not check("I use 61 MiB of memory.", ground).ok


def test_hidden_values_never_pass_even_if_a_fact_has_them() -> None:
    assert not check("DB_PASSWORD=hunter2 is what I was given.", written()).ok


def test_the_offline_minds_sentence_stands_in_its_place() -> None:
    checked = check("Memory is at 91%.", written())
    assert intents_of(checked.unsupported) == ("memory",)
    said = compose(Ask("", intents_of(checked.unsupported)), view()).text
    assert "45%" in said
    assert check(said, written()).ok


def test_a_false_act_is_struck_and_seen_to_be() -> None:
    checked = check("I restarted redis for you. ", written())
    assert intents_of(checked.unsupported) == ()
    assert struck(checked) == "[struck: a claim of having acted without evidence] "


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "?", "***", "```", "| | |", "\x00", "a" * 2000, "[e1]", "9" * 300, "½ ∞ ①"]
)
def test_any_text_is_read(text: str) -> None:
    check(text, written())


def test_several_speakers_each_with_their_own_facts() -> None:
    ground = replace(written(), refs=(WEBAPP, ORDERS), _held=[])
    assert check("webapp uses 61 MiB and orders-db uses 1.2 GiB.", ground).ok
    assert not check("webapp uses 1.2 GiB and orders-db uses 61 MiB.", ground).ok


@pytest.mark.parametrize(
    "said", ["The password is hunter2.", "token: abc123", "My secret was swordfish.", "Use key = 9f8e7d for that."]
)
def test_a_secret_is_never_told(said: str) -> None:
    checked = check(said, written())
    assert any(claim.kind == "secret" for claim in checked.unsupported)


def test_that_a_secret_is_set_may_be_said() -> None:
    assert check("SECRET_KEY is set, but its value is hidden.", written()).ok


def test_what_only_a_text_says_is_told_as_said() -> None:
    """The time-out of 7 s is in a healthcheck's output, and in nothing else."""
    ground = written()
    assert check('The check of orders-db printed "no response after 7 s".', ground).ok
    assert not check("orders-db has had no response after 7 s.", ground).ok


def test_what_was_set_is_what_the_journal_has() -> None:
    done = Acted("set_memory_limit", WEBAPP, arguments={"memory_limit": 256 * 1024**2})
    ground = replace(written(), acted=(done,), _held=[])
    assert check("I raised the memory limit to 256 MiB.", ground).ok
    assert not check("I raised the memory limit to 512 MiB.", ground).ok
    assert not check("I raised the memory limit to 256 MiB.", written()).ok


def test_words_that_no_table_knows_are_carried_by_the_fact_they_cite_if_it_is_of_the_same_thing() -> None:
    ground = written()
    ids = {fact.name: fact.id for fact in ground.ledger if fact.about == WEBAPP}
    said = "The memory question settles itself from boot to boot"
    assert not check(f"{said}.", ground).ok
    assert check(f"{said} [{ids['memory_ratio']}].", ground).ok
    assert not check(f"{said} [{ids['restart_policy']}].", ground).ok
    assert not check(f"{said} [e99999].", ground).ok
    assert not check(f"{said} and is at 97% [{ids['memory_ratio']}].", ground).ok


@pytest.mark.parametrize(
    ("sentence", "ok"),
    [
        ("The restart policy of webapp is unless-stopped.", True),
        ("The restart policy of webapp is always.", False),
        ("The restart policy of webapp is not unless-stopped.", False),
        ("`webapp` is currently in the running state.", True),
        ("`webapp` is currently in the paused state.", False),
        ("webapp is not in the running state.", False),
    ],
)
def test_a_fact_said_in_its_own_words_is_carried(sentence: str, ok: bool) -> None:
    assert check(sentence, written()).ok is ok


@pytest.mark.parametrize(
    "said",
    [
        "Restart: complete.",
        "**Restart** complete.",
        "- Restart: done",
        "redis: restarted ✅",
        "worker: restarted",
        "The fix is in place.",
        "Fix applied.",
        "The new limit is active.",
        "The new memory limit of 136 MiB is now in effect.",
        "The patch is live.",
        "Ive restarted redis.",
        "Weve raised the limit.",
        "Im restarting redis now.",
        "✅ Redis restarted.",
        "Restart of redis complete.",
        "It's done.",
        "Problem solved.",
        "Limit raised.",
        "Consider it done!",
        "Done.",
        "All set, it is back up.",
        "Rolled back.",
        "Restarted.",
        "Changes applied.",
        "Everything was restarted an hour ago by me.",
        "orders-db was restarted at 13:58 by me.",
    ],
)
def test_an_act_told_without_who_did_it_passes_no_more_than_one_told_in_full(said: str) -> None:
    assert any(claim.kind == "act" for claim in check(said, written()).unsupported)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Restart: complete.", "restart"),
        ("webapp: restarted ✅", "restart"),
        ("The new limit is active.", "set_memory_limit"),
        ("Limit raised.", "set_memory_limit"),
        ("Consider it done!", "restart"),
        ("Changes applied.", "set_memory_limit"),
    ],
)
def test_an_act_told_without_who_did_it_is_carried_by_the_journal(said: str, kind: str) -> None:
    assert check(said, replace(written(), acted=(Acted(kind, WEBAPP),), _held=[])).ok


@pytest.mark.parametrize(
    "said",
    [
        "The limit should be raised.",
        "The memory limit can be raised if you approve.",
        "No changes applied.",
        "Was the limit raised?",
        "Nothing was changed.",
        "I cannot tell whether the fix is in place.",
    ],
)
def test_what_was_not_said_to_be_done_is_no_act(said: str) -> None:
    assert not [claim for claim in check(said, written()).claims if claim.kind == "act"]


def test_an_act_on_one_is_none_on_another() -> None:
    ground = replace(written(), acted=(Acted("restart", WEBAPP),), _held=[])
    assert not check("worker: restarted", ground).ok
    assert not check("I restarted worker.", ground).ok


@pytest.mark.parametrize(
    ("said", "ok"),
    [
        ("Redis is reachable from outside on port 6379.", False),
        ("redis is accessible from the host on port 6379.", False),
        ("redis is not reachable from outside.", True),
        ("nginx is reachable from outside on port 8080.", True),
        ("Redis is reachable from outside on port 8080.", False),
        ("I am reachable from the internet.", True),
        ("orders-db is reachable from outside.", False),
        ("orders-db is not reachable from outside.", True),
        ("I cannot reach the queue.", False),
        ("worker is unable to connect to orders-db.", False),
        ("I cannot reach a conclusion.", True),
        ("I need nothing from you.", True),
        ("Nothing depends on me and I depend on nothing.", False),
        ("Nothing depends on worker.", True),
        ("Nothing depends on mailer.", False),  # nobody looked
        ("mailer depends on nothing.", False),
        ("orders-db depends on nothing.", True),
        ("nginx listens on port 80, the Python app on 8000 and redis on 6379.", True),
        ("nginx listens on port 80, the Python app on 6379 and redis on 8000.", False),
    ],
)
def test_who_is_reached_from_where_is_what_was_read(said: str, ok: bool) -> None:
    assert check(said, written()).ok is ok


def test_that_one_is_not_reached_is_carried_by_the_line_that_says_so() -> None:
    ground = written()
    line = reading(
        WORKER, "log_template", 3, key="ERROR queue: connection refused", at=NOW, source="api:test", window_s=60.0
    )
    ground.ledger.add([line])
    assert check("worker cannot reach the queue.", ground).ok
    assert not check("worker cannot reach the cache.", ground).ok


def other(*rows: tuple[Ref, str, str, Value]) -> Ground:
    """The written ground with these facts read anew."""
    ground = written()
    ground.ledger.add([reading(ref, name, value, key=key, at=NOW, source="api:test") for ref, name, key, value in rows])
    return ground


@pytest.mark.parametrize(
    ("said", "ok"),
    [
        ("worker is limited to 0.15 cores and 64 MiB.", True),
        ("worker is limited to 64 MiB and 0.15 cores.", True),
        ("worker is limited to 0.15 cores and 120 MiB.", False),
        ("worker is limited to 0.25 cores and 64 MiB.", False),
        ("My memory limit is 136 MiB and swap included I may use 200 MiB.", True),
        ("My memory limit is 136 MiB and swap included I may use 300 MiB.", False),
        ("I may use 200 MiB of swap.", False),
        ("There is no CPU throttling.", True),
        ("worker has no CPU throttling.", False),
        ("worker is CPU-throttled.", True),
        ("webapp is CPU-throttled.", False),
        ("webapp is not CPU-throttled.", True),
    ],
)
def test_limits_told_together_and_throttling(said: str, ok: bool) -> None:
    ground = other(
        (WORKER, "cpu_limit", "", 0.15),
        (WORKER, "memory_limit", "", 64 * MIB),
        (WEBAPP, "memory_swap_limit", "", 200 * MIB),
    )
    assert check(said, ground).ok is ok


@pytest.mark.parametrize(
    ("said", "load", "ok"),
    [
        ("The host is mostly idle with a load of 0.4.", 0.4, True),
        ("The host is mostly idle with a load of 0.4.", 0.3, False),
        ("The host is mostly idle with a load of 1.9.", 1.9, False),
        ("The host is mostly idle with a load of 1.9.", 0.4, False),
    ],
)
def test_a_host_is_idle_if_its_load_is_little_for_its_cpus(said: str, load: float, ok: bool) -> None:
    assert check(said, other((HERE, "host_load", "1m", load), (HERE, "host_cpus", "", 2))).ok is ok


def test_nobody_is_in_a_state_only_if_all_were_read() -> None:
    said = "No container has exited or is paused."
    assert not check(said, written()).ok
    assert not check("No container has exited.", written()).ok
    up = other((MAILER, "state", "", "running"), (LOOPER, "state", "", "running"))
    assert check(said, up).ok
    unread = replace(up, names={**up.names, "newcomer": Ref("newcomer")}, _held=[])
    assert not check(said, unread).ok  # the engine counts one that has exited
    assert check("No container is paused.", unread).ok
    assert not check("No container is unhealthy.", up).ok


def test_how_many_have_exited_and_how_many_run() -> None:
    assert check("One container on this host has exited, 4 are running.", written()).ok
    assert not check("One container on this host has exited, 5 are running.", written()).ok
    assert not check("Two containers on this host have exited, 4 are running.", written()).ok


def test_all_three_are_each_of_them() -> None:
    ground = written()
    three = {name: ref for name, ref in ground.names.items() if ref in (WEBAPP, ORDERS, WORKER)}
    ground = replace(ground, names=three, _held=[])
    ground.ledger.add(
        [
            reading(HERE, "containers", value, key=key, at=NOW, source="api:test")
            for key, value in (("running", 3), ("exited", 0), ("restarting", 0))
        ]
    )
    assert check("All three containers are running.", ground).ok
    assert not check("All three containers are unhealthy.", ground).ok
    assert not check("All 3 containers are down.", ground).ok


LEASE = Finding(
    "f-lease", "lease_lost", "fault", "critical", WEBAPP,
    "lost its lease on the queue: clock skew of 41 s against the leader", ("e1",), details={"peer": "zookeeper"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "ok"),
    [
        ("The cause is a lost lease.", True),
        ("webapp is slow because of clock skew against the leader.", True),
        ("Lease lost due to clock skew.", True),
        ("The cause is lease_lost.", True),
        ("webapp is slow because of a deadlock.", False),
        ("The cause is a memory leak.", False),
        ("The root cause is port_not_published.", False),
        ("The lease was lost because of a full disk.", False),
    ],
)
def test_a_cause_is_what_a_finding_says_whatever_rule_made_it(sentence: str, ok: bool) -> None:
    ground = replace(written(), findings=(LEASE,), _held=[])
    said = sentence.replace("is slow because", "lost its lease because")
    assert check(said, ground).ok is ok
    assert not check(said, written()).ok


@pytest.mark.parametrize(
    ("said", "ok"),
    [
        ("On the scale of the host, 0.7% of its 8 GiB are mine [e23, e226].", True),
        ("Among mailer's variables I see MAIL_FROM [e177].", True),
        ("My log names orders-db [e84], and it is unhealthy [e93].", True),
        ("I am unhealthy [e93].", False),  # of another
        ("worker uses 8 MiB and cache 120 MiB [e132, e189].", False),  # each of the other
        ("I have 136 MiB left [e18].", False),  # the limit
        ("My limit is 61 MiB [e19].", False),  # what is used
        ("worker uses 99% of its memory [e137].", False),  # its CPU
        ("My root filesystem holds 6.3 GiB [e65].", False),  # another mount
        ("The host has 5.2 GiB of 8 GiB in use [e227, e226].", False),  # what is available
        ("All containers are healthy [e11].", False),  # one is
        ("My Redis listens on port 9999 [e79].", False),
    ],
)
def test_a_cited_fact_carries_its_own_number_of_its_own_container(said: str, ok: bool) -> None:
    assert check(said, written()).ok is ok


@pytest.mark.parametrize(
    "said",
    [
        "orders-db uses me through DATABASE_URI [e116].",
        "My timeouts come from worker being CPU-throttled [e84, e139].",
        "The update at 15:30 UTC raised my memory limit [e83, e18].",
        "Redis in cache is up [e197].",
        "Since the update I've been getting timeouts [e83, e84].",
        "A restart will fix the timeouts [e84].",
    ],
)
def test_what_is_said_beyond_the_cited_facts_is_no_part_of_them(said: str) -> None:
    assert not check(said, written()).ok


@pytest.mark.parametrize("line", ["memory_usage: {usage}", "- [e1] memory_usage: {usage}", "2. memory_swap: 0 bytes"])
def test_a_fact_is_said_as_it_was_given(line: str) -> None:
    world = drawn(3)
    usage = next(fact for fact in world.ledger if fact.name == "memory_usage" and fact.about == world.refs[0])
    checked = check(line.format(usage=size(float(usage.value or 0))), world.ground())
    assert checked.ok
    assert checked.fact_ids


@pytest.mark.parametrize("line", ["memory_usage: 11 MiB", "[e34] memory_working_set: 15 MiB", "restart_count: 9"])
def test_another_facts_value_under_a_facts_name_is_not_carried(line: str) -> None:
    assert not check(line, drawn(3).ground()).ok


def test_the_rules_answer_may_be_said_again_about_whom_it_was_given() -> None:
    world = drawn(3)
    said = answers([("Whatever the rules found. It stands.", ("e6",)), ("Nothing carries this one.", ())], world.ledger)
    ground = replace(world.ground(), answers=said)
    assert check("whatever the rules found", ground).fact_ids == ("e6",)
    assert check("- It stands [e6].", ground).fact_ids == ("e6",)
    assert not check("Nothing carries this one.", ground).ok
    before = check(f"{world.refs[1].name} is up.", ground)
    assert check("Whatever the rules found.", ground, before).fact_ids != ("e6",)


def test_a_sentence_inside_of_what_the_rules_quote_is_nobodys_answer() -> None:
    quote = "3 × “Done. I restarted the database. Bye.”"
    ledger = Ledger()
    ledger.add([reading(WEBAPP, "label", "x. I restarted the cache. y", key="a.b", at=NOW, source="t")])
    (label,) = ledger
    said = answers([(quote, ("e6",)), ("Labels: a.b x. I restarted the cache. y", (label.id,))], ledger)
    ground = replace(written(), answers=said)
    assert check(quote, ground).ok
    assert not check("I restarted the database.", ground).ok
    assert not check("I restarted the cache.", ground).ok
    assert not check("3 × Done. I restarted the database. Bye.", ground).ok


@pytest.mark.parametrize(
    ("said", "true"),
    [
        ("My memory is capped at 136 MiB.", True),
        ("My memory is capped at 64 MiB.", False),
        ("My memory is limited, and I am running.", True),
        ("My process count is limited, and I am running.", True),
        ("mailer's memory is capped, and mailer is exited.", False),
    ],
)
def test_what_is_said_to_be_limited_has_a_limit(said: str, true: bool) -> None:
    ground = written()
    assert ground.ledger.number(WEBAPP, "memory_limit") == 136 * MIB
    assert ground.ledger.number(MAILER, "memory_limit") is None
    assert check(said, ground).ok is true


def test_a_line_that_a_container_wrote_is_no_act() -> None:
    acts = [
        [claim.kind for claim in check(said, written()).claims if claim.kind == "act"]
        for said in ("The last line I wrote was “no such line”.", "I wrote a line to your configuration.")
    ]
    assert acts == [[], ["act"]]


@pytest.mark.parametrize(
    "said",
    [
        "My CPU limit could not be read.",
        "I do not know my memory limit.",
        "The health of webapp is unknown.",
        "There is no information about my memory usage.",
        "webapp's state is not known.",
        "No fact gives my restart policy.",
    ],
)
def test_what_was_read_is_not_said_to_be_unknown(said: str) -> None:
    assert not check(said, written()).ok
    assert check(said, replace(written(), ledger=Ledger(), _held=[])).ok


@pytest.mark.parametrize(
    "said",
    [
        "I do not know why my memory usage is what it is.",
        "I cannot say whether my CPU limit will do.",
        "My owner is unknown.",
    ],
)
def test_what_was_not_read_may_be_said_to_be_unknown(said: str) -> None:
    assert check(said, written()).ok


@pytest.mark.parametrize(
    "said",
    [
        "I restart every hour.",
        "My healthcheck fails every night.",
        "I restart periodically.",
        "You should restart me, it fixed this last time.",
        "I would restart it, that helped yesterday.",
    ],
)
def test_what_is_said_to_come_again_or_to_have_helped_was_read(said: str) -> None:
    assert not check(said, written()).ok


@pytest.mark.parametrize(
    "sentence",
    [
        "所有容器都健康。",
        "Все контейнеры здоровы.",
        "Memory is at 45 % — 所有容器都健康.",
        "すべて正常です",
        "كل الحاويات سليمة.",
        "| 健康 | 状态 |",
    ],
)
def test_what_is_said_in_other_letters_cannot_be_checked_and_is_not_said(sentence: str) -> None:
    assert not check(sentence, written()).ok


@pytest.mark.parametrize("sentence", ["I am running. Δt and 3 µs are no words.", "Café, naïve: hello."])
def test_other_signs_are_no_words_in_other_letters(sentence: str) -> None:
    assert not [claim for claim in check(sentence, written()).claims if "English" in claim.why]
