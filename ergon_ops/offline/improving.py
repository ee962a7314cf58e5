"""What would be better: how that is asked for, and how the proposals are told, with their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from ergon_ops.facts import Fact
from ergon_ops.offline.teller import Said, Teller, say
from ergon_ops.offline.tokens import tokens
from ergon_ops.offline.units import cores, listed, percent, plain, plural, size
from ergon_ops.offline.words import Sentence
from ergon_ops.proposals import Expect, Intent
from ergon_ops.refs import Ref

TOLD, HELD = 4, 3

# -- asked for

_IT = r"(?:(?:yourself|you|it|itself|this|that|‹name›|them|things|everything|here|the container|this container|"
_IT += r"the (?:database|db|cache|queue|worker|api|app|proxy|server|service|website|site)|"
_IT += (
    r"(?:your|its|the|‹name›) (?:configuration|config|settings|setup|limits|resources|performance))(?: then| please)?)"
)
_ABOUT = rf"(?: (?:about|on|in|with|for|at|of) {_IT})?"
_POLITE = (
    r"(?:(?:please|pls|plz|kindly|just|now|so|and|ok|okay|hey|hi|hello|then|‹name›|can you|could you|would you) )*"
)
_BETTER = r"(?:faster|quicker|better|leaner|cheaper|snappier|safer|more efficient|improved|optimi[sz]ed|tuned|sped up)"
_TUNE = r"(?:optimi[sz]e|tune|improve|right ?-?size|speed up)"
_WOULD = r"(?:would|should|could|can|do|might|shall)"
ASKED: tuple[str, ...] = (
    rf"{_TUNE}(?: {_IT})?(?: now| please)*",
    rf"(?:make|get|have) {_IT} {_BETTER}(?: now| please)*",
    rf"speed {_IT} up(?: now| please)*",
    rf"{_WOULD} (?:i|we|you) {_TUNE} {_IT}",
    rf"what(?: else| all)? {_WOULD} (?:you|i|we|one|it|‹name›) (?:change|{_TUNE}|do better|do differently|"
    rf"recommend|suggest|propose)(?: changing| to change)?{_ABOUT}",
    rf"what(?: else)? {_WOULD} (?:be|get) (?:changed|better|{_BETTER}){_ABOUT}",
    rf"what {_WOULD} (?:make|help|speed up|improve) {_IT}(?: (?:be |to be |run |go )?{_BETTER}| up)?",
    rf"how(?: else)? {_WOULD} (?:you|it|‹name›|we|i) (?:be|become|get|run|go|work|perform) {_BETTER}",
    rf"how(?: else)? {_WOULD} (?:we|i|one|you) (?:make {_IT} {_BETTER}|speed {_IT} up|{_TUNE} {_IT})",
    rf"(?:(?:do you have|have you|are there|got|give me|show me|show|list|make) )?(?:any |some |your |the )?"
    rf"(?:optimi[sz]ations?|improvements?|suggestions?|recommendations?|tuning (?:tips|advice))(?: for {_IT})?"
    rf"(?: please)?",
    rf"{_WOULD} (?:you|it|‹name›) (?:be|run|go|get) {_BETTER}",
    rf"propose (?:something|improvements?|changes?|a change|optimi[sz]ations?)(?: for {_IT})?",
    rf"(?:are|is) {_IT} (?:well |properly |correctly )?(?:right-?sized|sized|tuned|optimi[sz]ed|configured)"
    rf"(?: right| well| properly| correctly)?",
)
# A question that has none of these asks for no improvement: the patterns need not be looked at, nor compiled.
_STEMS = (
    "optimi", "tun", "improv", "fast", "quick", "better", "lean", "cheap", "snap", "safe", "effici", "sped", "speed",
    "chang", "suggest", "recommend", "propos", "size", "sizing", "differ", "configured",
)  # fmt: skip
_ENDS = re.compile(r"[,;:!?.]+(?=\s|$)")


@cache
def _asked() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"^{_POLITE}{pattern}(?: ‹name›)?$") for pattern in ASKED)


def improvements_asked(text: str, names: Iterable[str] = ()) -> bool:
    """Whether it asks what would be better, or for it to be proposed. In doubt it does not: this makes proposals."""
    found = tokens(_ENDS.sub(" ", text.lower()), tuple(names))
    said = " ".join(word for word in found.words).strip()
    return any(stem in said for stem in _STEMS) and any(pattern.match(said) for pattern in _asked())


# -- told


def optimize(t: Teller) -> Said:
    """Performance with its numbers, hygiene in one sentence, then what was withheld. Nothing runs."""
    proposals = [item.intent for item in t.view.proposals if item.intent.rule != "asked"]
    if not proposals and any(refusal.tool == "optimize" for refusal in t.view.refusals):
        return  # said with the line that would grant it
    if not proposals and not t.view.withheld and (why := t.why_unknown("optimize")):
        yield say(f"I cannot look for what would be better, {why}.", t.fact("state"))
        return
    measured = [item for item in proposals if item.purpose == "performance"]
    for intent in measured[:TOLD]:
        yield say(
            f"I would {deed(intent, t.view.ref)}: {plain(intent.formula, 300)}{_expected(intent.expect)}.",
            *cited(t, intent.why),
        )
    if len(measured) > TOLD:
        yield say(f"{plural(len(measured) - TOLD, 'proposal')} more of that kind follow below.", t.fact("state"))
    good = [item for item in proposals if item.purpose == "hygiene"]
    if good:
        deeds = listed([deed(item, t.view.ref) for item in good])
        yield say(f"As good practice, with nothing to measure: {deeds}.", *cited(t, (w for i in good for w in i.why)))
    if not proposals:
        yield say("My rules know of nothing that would be better and may be proposed now.", t.fact("state"))
    for held in t.view.withheld[:HELD]:
        yield say(f"Not proposed: {plain(held.reason, 300)}.", *cited(t, held.why))
    if proposals:
        yield say("Nothing has been done yet.", t.fact("state"))


def one_at_a_time(ref: Ref) -> Sentence:
    """What is said to so many that nobody would read all their proposals."""
    name = plain(ref.short)
    return Sentence(f"What would be better I look for one at a time: “What would you change about {name}?”")


def cited(t: Teller, ids: Iterable[str]) -> list[Fact]:
    wanted = set(ids)
    return [fact for fact in t.view.ledger if fact.id in wanted]


def _expected(expect: Expect | None) -> str:
    if expect is None:
        return ""
    number = percent(expect.value) if expect.metric.endswith("_ratio") else f"{expect.value:g}"
    if expect.metric.endswith(("_memory", "_limit")) and expect.value >= 1024:
        number = size(expect.value)
    name = f"{expect.metric.replace('_', ' ')}{f' {plain(expect.key)}' if expect.key else ''}"
    return f"; then {name} {expect.op} {number} is expected over {expect.window_s:g} s"


def deed(intent: Intent, me: Ref) -> str:
    """The change in words: `set my CPU limit to 1 core`."""
    name = plain(intent.target.short)
    mine, myself = ("my", "myself") if intent.target == me else (f"{name}’s", name)
    given = intent.arguments
    match intent.kind:
        case "set_cpu_limit":
            return f"set {mine} CPU limit to {cores(given['nano_cpus'] / 1e9)}"
        case "set_memory_limit":
            return f"set {mine} memory limit to {size(given['memory_bytes'])}"
        case "set_pids_limit":
            return f"limit {mine} processes to {given['pids']}"
        case "set_cpu_shares":
            return f"set {mine} CPU weight to {given['shares']}"
        case "set_restart_policy":
            tries = f" with {given['max_retries']} tries" if given.get("max_retries") else ""
            return f"set {mine} restart policy to {given['name']}{tries}"
        case "app_setting":
            return f"set {mine} {plain(given['service'])} {plain(given['setting'])} to {plain(given['value'])}"
        case "recreate":
            what = listed([_patched(key, value) for key, value in sorted(given["patch"].items())])
            return f"make {myself} anew with {what}"
        case "connect_network":
            return f"connect {myself} to {plain(given['network'])}"
        case kind:
            return f"{kind.replace('_', ' ')} {myself}"


def _patched(key: str, value: Any) -> str:
    match key:
        case "init":
            return "an init process"
        case "log":
            options = value.get("options", {})
            return f"log rotation ({options.get('max-file')} files of {options.get('max-size')})"
        case "healthcheck":
            return f"the healthcheck {plain(' '.join(value['test'][1:]), 120)}"
        case "shm_size":
            return f"{size(value)} of /dev/shm"
        case "env":
            return listed([f"{plain(name)}={plain(text)}" for name, text in value.items()])
        case "mounts":
            return listed([f"a {row['type']} at {plain(row['target'])}" for row in value])
        case _:
            return f"another {key}"
