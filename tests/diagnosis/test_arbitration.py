from __future__ import annotations

import pytest

from ergon_ops.diagnosis import Conclusion, Rule, Scene, diagnose
from ergon_ops.diagnosis.rules import RULES, RuleFunction, rule
from ergon_ops.facts import Ledger
from ergon_ops.refs import Ref

API, DB = Ref("api"), Ref("db")


def concludes(*parts: Conclusion) -> RuleFunction:
    return lambda scene, ref: parts


def made(
    cause: str, *parts: Conclusion, over: tuple[str, ...] = (), severity: str = "warning", nature: str = "fault"
) -> Rule:
    return Rule(cause, nature, severity, (), concludes(*(parts or (Conclusion(f"{cause}.", ()),))), over=over)  # type: ignore[arg-type]


def causes(*rules: Rule) -> list[str]:
    return [finding.cause for finding in diagnose(Scene(Ledger()), API, rules)]


def test_the_most_specific_cause_stands_for_those_it_explains_also_through_another() -> None:
    general, middle = made("crash_loop"), made("oom_killed", over=("crash_loop",))
    special = made("oom_restart_loop", over=("oom_killed",))
    assert causes(general, middle, special) == ["oom_restart_loop"]


def test_a_cause_elsewhere_does_not_explain_a_cause_here() -> None:
    here, there = made("crash_loop"), made("oom_killed", Conclusion("oom.", (), about=DB), over=("crash_loop",))
    assert causes(here, there) == ["crash_loop", "oom_killed"]


def test_two_independent_faults_are_both_named_and_the_worst_comes_first() -> None:
    assert causes(
        made("runs_as_root", nature="audit", severity="critical"),
        made("alias_collision"),
        made("oom_killed", severity="critical"),
    ) == ["oom_killed", "alias_collision", "runs_as_root"]


def test_causes_that_name_each_other_do_not_loop_and_none_is_lost() -> None:
    assert causes(made("a", over=("b",)), made("b", over=("a",))) == ["a", "b"]


def test_one_cause_at_two_places_is_two_findings_and_at_one_place_one() -> None:
    parts = [Conclusion("full.", (), details={"path": path}) for path in ("/data", "/tmp", "/data")]
    assert causes(made("volume_disk_full", *parts)) == ["volume_disk_full"] * 2


def test_a_rule_that_promises_details_must_give_them() -> None:
    promised = Rule("x", "fault", "info", (), concludes(Conclusion("x.", ())), details=("port",))
    with pytest.raises(AssertionError, match="port"):
        diagnose(Scene(Ledger()), API, [promised])


def test_a_cause_has_one_rule() -> None:
    with pytest.raises(ValueError, match="two rules for cpu_throttled"):
        rule("cpu_throttled", severity="info", needs=())(concludes())


def test_every_rule_says_what_it_is_for() -> None:
    assert [cause for cause, declared in RULES.items() if len(declared.what) < 20] == []


def test_what_nothing_fails_of_hides_no_symptom() -> None:
    loop = Rule("crash_loop", "fault", "critical", (), concludes(Conclusion("loop.", ())), symptom=True)
    aside = Rule("timezone_skew", "fault", "info", (), concludes(Conclusion("skew.", ())), aside=True)
    assert causes(loop, aside) == ["crash_loop", "timezone_skew"]
    assert causes(loop, made("oom_killed")) == ["oom_killed"]
