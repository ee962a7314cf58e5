"""`the only one that …`, `only A and B have …`: so of those, and of none of the others."""

from __future__ import annotations

import re
from collections.abc import Callable

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.words import Checked, Ground
from ergon_ops.refs import Ref

Check = Callable[[str, Ground], Checked]
_ONLY_ONE = lazily(
    r"\b(?:the only|the sole)(?: (?:two|three|four|five))? (?:(?P<adjective>[a-z-]+) )?(?:containers?|ones?|"
    r"services?|members?|"
    r"instances?)\b(?P<rest>[^.;:(]*)|\bthe one (?:container|service)\b(?P<rest2> (?:that|which|with|"
    r"without)\b[^.;:(]*)",
    re.I,
)
_ONLY_NAME = lazily(r"(?:^|[.;:,] |\b(?:and|but) )\W*only (?=[\w-]+\b)(?P<rest>[^.;:(]*)", re.I)
_JOINED = lazily(r"\W*(?:,|and|&|, and)?\W*(?:the |container )?", re.I)
_SINGULAR = {
    "have": "has", "are": "is", "am": "is", "were": "was", "do": "does", "use": "uses", "run": "runs",
    "report": "reports", "publish": "publishes", "need": "needs",
}  # fmt: skip


def find(scene: Scene, checked: Check) -> None:
    for match in (*_ONLY_ONE.finditer(scene.line), *_ONLY_NAME.finditer(scene.line)):
        if scene.mood(match.start()) not in ("assert", "hedged"):
            continue
        groups = match.groupdict()
        if "adjective" in groups:
            subjects, rest = scene.subjects(match.start()), (groups["rest"] or groups["rest2"] or "").strip()
            subjects = subjects if re.search(r"s\b", match[0].split(" that ")[0].removeprefix("the ")) else subjects[:1]
            if groups["adjective"] and not rest:
                rest = f"is {groups['adjective']}"
        else:
            subjects, rest = _named(scene, match)
        rest = _alone(rest)
        if len(rest.split()) >= 2 and subjects:
            _judge(scene, match, subjects, rest, checked)


def _named(scene: Scene, match: re.Match[str]) -> tuple[tuple[Ref, ...], str]:
    """Those named right behind `only`, and what is said of them."""
    at, found = match.start("rest"), list[Ref]()
    for item in scene.mentions:
        if item.start < at or item.word in ("host", "my", "me"):
            continue
        if item.start >= match.end() or not _JOINED.fullmatch(scene.line[at : item.start]):
            break
        found.append(item.ref)
        at = item.end
    return tuple(dict.fromkeys(found)), scene.line[at : match.end()].strip() if found else ""


def _alone(rest: str) -> str:
    """As it is said of one: `that are down` → `is down`, `have a limit` → `has a limit`."""
    rest = re.sub(r"^(?:that|which|who)\s+|^(?=with\b|without\b)", lambda found: "is " if not found[0] else "", rest)
    rest = re.sub(r"^is with\b", "has", re.sub(r"^is without\b", "has no", rest))
    if re.match(r"not\b|\w+ing\b", rest):
        rest = f"is {rest}"
    verb, _, more = rest.partition(" ")
    return f"{_SINGULAR.get(verb.lower(), verb)} {more}".strip()


def _judge(scene: Scene, match: re.Match[str], subjects: tuple[Ref, ...], rest: str, checked: Check) -> None:
    known = dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()])
    also = [ref for ref in known if ref not in subjects and _so(checked, scene.ground, ref, rest)]
    mine = [checked(f"{ref.name} {rest}.", scene.ground) for ref in subjects]
    good = not also and all(item.ok and item.claims for item in mine)
    ids = tuple(id for item in mine for id in item.fact_ids) if good else None
    scene.decide("rank", match.start(), match.end(), ids, "not the only one by what was read", ("state",))


def _so(checked: Check, ground: Ground, ref: Ref, rest: str) -> bool:
    found = checked(f"{ref.name} {rest}.", ground)
    return found.ok and bool(found.claims)
