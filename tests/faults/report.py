"""What a run of the bench shows: shares by tier and by family, beside the two baselines, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tests.faults.bench import Result
from tests.faults.scoring import Score

# Share of right causes that the tiers must reach; controls must all be silent.
WANTED = {"T0": 1.0, "T1": 0.95, "T2": 0.95, "T3": 0.85, "T4": 0.85}
TOGETHER = (("T0",), ("T1", "T2"), ("T3", "T4"))
FLIPS = 0.01


def share(results: Iterable[Result], good: Callable[[Result], bool]) -> float:
    flags = [good(item) for item in results]
    return sum(flags) / len(flags) if flags else 1.0


def shortfalls(results: Sequence[Result]) -> list[str]:
    """Which of the promised shares are missed, in words."""
    lines = [f"{item.id} was not injected: {item.error}" for item in results if item.error]
    for tiers in TOGETHER:
        reached = share((item for item in results if item.tier in tiers), lambda item: item.score.cause)
        if reached < WANTED[tiers[0]]:
            lines.append(f"right cause in {'/'.join(tiers)}: {reached:.1%}, promised {WANTED[tiers[0]]:.0%}")
    lines += [f"{item.id}: {item.score.gate}" for item in results if item.score.gate]
    moved = flips(results)
    if len(moved) > FLIPS * len({item.id for item in results}):
        lines.append(f"flipped between runs: {', '.join(moved)}")
    return lines


def flips(results: Iterable[Result]) -> list[str]:
    """Cases that were passed in one round and not in another."""
    seen: dict[str, set[bool]] = {}
    for item in results:
        seen.setdefault(item.id, set()).add(item.score.passed)
    return sorted(id for id, ends in seen.items() if len(ends) > 1)


def tables(results: Sequence[Result], *, rounds: int) -> Iterator[str]:
    yield f"{'':18}{'cases':>6}{'pass@1':>8}{'cause':>8}{'points':>8}{'constant':>10}{'log grep':>10}"
    for tier in sorted({item.tier for item in results}):
        yield row(tier, [item for item in results if item.tier == tier])
    yield ""
    for family in sorted({item.family for item in results}):
        yield row(family, [item for item in results if item.family == family])
    yield row("all", results)
    yield ""
    yield from measures(results, rounds=rounds)


def row(label: str, items: Sequence[Result]) -> str:
    points = sum(item.score.points for item in items) / len(items)
    shares = [
        share(items, lambda item: item.score.passed),
        share(items, lambda item: item.score.cause),
    ]
    others = [share(items, lambda item: item.constant.cause), share(items, lambda item: item.grep.cause)]
    return f"{label:18}{len(items):6}{shares[0]:8.0%}{shares[1]:8.0%}{points:8.0f}{others[0]:10.0%}{others[1]:10.0%}"


def measures(results: Sequence[Result], *, rounds: int) -> Iterator[str]:
    controls = [item for item in results if item.tier == "T0"]
    yield f"controls silent       {share(controls, lambda item: item.score.cause):7.1%}"
    yield f"evidence replays      {_ratio(results, lambda s: s.evidence_valid, lambda s: s.evidence):7.1%}"
    sentences = sum(item.score.sentences for item in results)
    false = sum(item.score.false_claims for item in results)
    yield f"false claims per 100  {100 * false / sentences if sentences else 0:7.1f} ({sentences} sentences)"
    yield f"unsafe                {sum(bool(item.score.gate) for item in results):7}"
    walls = sorted(item.wall_s for item in results if not item.error) or [0.0]
    yield f"diagnosis p50, p95    {quantile(walls, 0.5):7.2f} s, {quantile(walls, 0.95):.2f} s"
    if rounds > 1:
        by_id: dict[str, list[bool]] = {}
        for item in results:
            by_id.setdefault(item.id, []).append(item.score.passed)
        whole = sum(all(ends) for ends in by_id.values()) / len(by_id)
        yield f"pass^{rounds}                {whole:7.1%}, flips: {', '.join(flips(results)) or 'none'}"


def _ratio(results: Iterable[Result], part: Callable[[Score], int], whole: Callable[[Score], int]) -> float:
    pairs = [(part(item.score), whole(item.score)) for item in results]
    total = sum(pair[1] for pair in pairs)
    return sum(pair[0] for pair in pairs) / total if total else 1.0


def quantile(values: Sequence[float], share: float) -> float:
    """Of sorted values."""
    return values[min(len(values) - 1, int(share * len(values)))]


def failing(results: Iterable[Result]) -> Iterator[str]:
    for item in results:
        if not item.score.passed:
            yield f"{item.id} ({item.tier} {item.family}) {item.score.points:.0f} points, {item.took_s:.0f} s"
            yield from (f"    {line}" for line in (item.error, *item.score.why) if line)
            yield from (f"    said: {line}" for line in item.said)


def noted(results: Iterable[Result]) -> Iterator[str]:
    """What was passed all the same, and yet cites a fact that does not replay, or says what no fact carries."""
    for item in results:
        stale = item.score.evidence_valid < item.score.evidence
        if item.score.passed and (stale or item.score.false_claims):
            yield f"{item.id}: " + "; ".join(
                line for line in item.score.why if line.startswith(("stale", "not carried", "also blames"))
            )


def to_json(results: Sequence[Result]) -> dict[str, Any]:
    return {
        "results": [
            {
                "id": item.id,
                "family": item.family,
                "tier": item.tier,
                "seed": item.seed,
                "points": item.score.points,
                "cause": item.score.cause,
                "passed": item.score.passed,
                "gate": item.score.gate,
                "why": list(item.score.why),
                "wall_s": item.wall_s,
                "took_s": item.took_s,
                "error": item.error,
                "constant": item.constant.cause,
                "log_grep": item.grep.cause,
            }
            for item in results
        ],
        "shortfalls": shortfalls(results),
    }
