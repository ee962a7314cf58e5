from __future__ import annotations

import pytest

from ergon_ops.errors import NoSuchContainer, PolicyRefused, UsageError
from ergon_ops.facts import Ledger, reading
from ergon_ops.proposals import Intent
from ergon_ops.refs import Ref
from ergon_ops.settings import Policy

from .conftest import OPERATOR, PIPE, WEB, Lab, restart


async def test_a_proposal_is_stored_bound_and_runs_out_after_15_minutes(lab: Lab) -> None:
    proposal = await lab.propose()
    assert proposal.id.startswith("p-")
    assert len(proposal.id) == 12
    assert proposal.container_id == lab.web.id
    assert proposal.intent.arguments == {"timeout_s": 10}
    assert proposal.expires_at - proposal.created_at == 900
    assert await lab.changes.list() == (proposal,)
    assert await lab.changes.get(proposal.id[:5]) == proposal
    assert lab.steps() == ["proposed"]
    assert lab.restarts() == 0


async def test_asking_twice_gives_the_same_proposal_and_a_spelled_out_default_too(lab: Lab) -> None:
    assert await lab.propose() == await lab.propose(timeout_s=10)
    assert (await lab.propose()).id != (await lab.propose(timeout_s=3)).id


async def test_the_same_wish_for_a_restarted_container_is_another_proposal(lab: Lab) -> None:
    first = await lab.propose()
    await lab.engine.restart(lab.web.id, timeout_s=1)
    lab.time.now += 5
    await lab.engine.restart(lab.web.id, timeout_s=1)
    assert (await lab.propose()).id != first.id


async def test_an_expired_proposal_is_opened_again_when_asked_for_again(lab: Lab) -> None:
    first = await lab.propose()
    lab.time.now += 901
    assert [proposal.state for proposal in await lab.changes.list()] == ["expired"]
    assert await lab.changes.list("open") == ()
    again = await lab.propose()
    assert (again.id, again.state) == (first.id, "open")
    assert again.expires_at == lab.time.now + 900
    assert lab.steps() == ["proposed", "reopened"]


async def test_a_rejected_proposal_stays_rejected_until_its_time_is_over(lab: Lab) -> None:
    first = await lab.propose()
    rejected = await lab.changes.reject(first.id, actor=OPERATOR, reason="not now")
    assert rejected.state == "rejected"
    assert (await lab.propose()).state == "rejected"
    with pytest.raises(PolicyRefused, match="was rejected"):
        await lab.approve(first.id)
    with pytest.raises(PolicyRefused, match="is rejected"):
        await lab.changes.reject(first.id, actor=OPERATOR)
    lab.time.now += 901
    assert (await lab.propose()).state == "open"


async def test_who_may_not_approve_may_not_reject_either(lab: Lab) -> None:
    proposal = await lab.propose()
    with pytest.raises(PolicyRefused, match="pipe may not decide"):
        await lab.changes.reject(proposal.id, actor=PIPE)


@pytest.mark.parametrize("value", [-1, 601, 1.5, "10", True])
async def test_arguments_out_of_shape_are_refused(lab: Lab, value: object) -> None:
    with pytest.raises(UsageError, match="timeout_s"):
        await lab.propose(timeout_s=value)
    assert await lab.changes.list() == ()


async def test_unknown_kinds_arguments_and_targets_are_refused(lab: Lab) -> None:
    for intent, word in (
        (Intent(WEB, "reboot", {}, "", ()), "is no kind of change"),
        (Intent(WEB, "set_cpu_limit", {"nano_cpus": 1}, "", ()), "nano_cpus = 1 is out of range"),
        (Intent(WEB, "set_cpu_limit", {}, "", ()), "set_cpu_limit needs 'nano_cpus'"),
        (restart(force=True), "has no argument 'force'"),
        (restart(Ref("shop", kind="project")), "needs one container"),
    ):
        with pytest.raises(UsageError, match=word):
            await lab.changes.propose([intent])
    for ref in (Ref("nobody"), Ref("web", "elsewhere")):
        with pytest.raises(NoSuchContainer):
            await lab.changes.propose([restart(ref)])


async def test_the_capability_of_the_target_counts_and_the_manifest_line_is_named(lab: Lab) -> None:
    with pytest.raises(PolicyRefused) as caught:
        await lab.changes.propose([restart()], granted={WEB: ("status", "health")})
    assert 'containers.web: "ci_capabilities": ["status", "health", "restart"]' in caught.value.next
    assert await lab.changes.propose([restart()], granted={WEB: ("restart",), Ref("other"): ()})


async def test_what_policy_denies_is_not_even_proposed(lab: Lab) -> None:
    lab.rules = Policy(deny=("*:local/web",))
    with pytest.raises(PolicyRefused, match="denied by policy"):
        await lab.propose()


async def test_a_policy_that_can_never_match_is_said_at_once(lab: Lab) -> None:
    lab.rules = Policy(deny=("restart web",))
    with pytest.raises(UsageError, match="is not kind:host/name"):
        await lab.changes.list()


async def test_the_cited_facts_are_kept_with_the_proposal(lab: Lab) -> None:
    ledger = Ledger()
    (cited, other) = ledger.add(reading(WEB, name, 1, at=1.0, source="t") for name in ("pids", "restart_count"))
    intent = Intent(WEB, "restart", {}, "operator", ("asked for", cited.id))
    (proposal,) = await lab.changes.propose([intent], facts=ledger)
    assert proposal.facts == (cited,)
    assert other not in (await lab.changes.get(proposal.id)).facts


@pytest.mark.parametrize(
    "intent",
    [
        Intent(WEB, "recreate", {"patch": {"init": True}}, "no_init", (), reversibility="recreate", risk="low"),
        Intent(WEB, "set_restart_policy", {"name": "always"}, "no_policy", (), reversibility="live", risk="low"),
    ],
)
async def test_what_goes_when_it_ends_is_offered_nothing_that_would_end_it(lab: Lab, intent: Intent) -> None:
    lab.web.auto_remove = True
    with pytest.raises(PolicyRefused, match="started with --rm"):
        await lab.changes.propose([intent])
    assert await lab.changes.list() == ()
