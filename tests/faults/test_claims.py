"""What the bench takes for a claim that no cited fact carries."""

from __future__ import annotations

from typing import Any

from tests.faults.claims import unsupported

FACTS = {"f1": {"key": "0.0.0.0:8000/tcp", "value": "up", "window_s": None}}


def finding(summary: str, **more: Any) -> dict[str, Any]:
    common = {"container": "willow-plover-89gvd", "victims": ["elm-ibis-4x"], "evidence": ["f1"], "details": {}}
    return {**common, "summary": summary, **more}


def test_digits_of_a_name_are_no_claim() -> None:
    assert unsupported(finding("willow-plover-89gvd does not answer elm-ibis-4x on port 8000."), FACTS, ()) == []


def test_a_number_that_no_fact_has_is_one_and_so_are_digits_of_a_name_that_nobody_cited() -> None:
    assert len(unsupported(finding("It listens on 9100, as zinc-yak-77k does."), FACTS, ())) == 2


def test_a_stranger_that_is_named_is_one() -> None:
    assert unsupported(finding("teal-wren is down."), FACTS, ("teal-wren",)) == ["'teal-wren' in 'teal-wren is down.'"]
