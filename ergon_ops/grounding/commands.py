"""Commands that a sentence hands to a person, and proposals it names: only what there is."""

from __future__ import annotations

import re

from ergon_ops.grounding import acts
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.scene import Scene
from ergon_ops.proposals import Proposal

_TOOLS = (
    r"docker(?:-compose| compose)?|podman|kubectl|systemctl|service|sudo|rm|kill|killall|pkill|curl|wget|"
    r"redis-cli|psql|mysql|mongo|nginx|apt(?:-get)?|apk|pip|npm|bash|sh|chmod|chown|mv|cp|dd|mkfs|"
    r"iptables|tc|ip|ss|netstat|top|htop|ps|df|du|free|cat|tail|grep|journalctl|helm|reboot|shutdown|"
    r"crictl|nerdctl|ctr|echo|export|python3?|node|ssh|scp|git|make|exec|source|vi|vim|nano|sed|awk|find|"
    r"ls|cd|touch|mkdir|ln|mount|umount|sysctl|ulimit|stress"
)
_COMMAND = lazily(rf"^\s*(?:[$#>]\s*)?(?:(?:sudo|exec|env)\s+)*(?:{_TOOLS})(?:\s+[-./\w\"'$|]|$)", re.I)
_CODE = lazily(r"`+([^`\n]+)`+")
_SPOKEN = lazily(
    r"\b(?:docker(?:-compose| compose)? (?:restart|update|stop|start|rm|kill|exec|logs|run|inspect|stats|"
    r"ps|compose|(?:system|volume|network|container|service) (?:ls|list|inspect|create|connect|disconnect|rm|prune|"
    r"start|stop|restart|kill|logs|exec|update|df|scale|run)|pull|build|top|events|cp|rmi|prune)|kubectl \w+|"
    r"systemctl \w+|sudo \w+|rm -\w+|redis-cli\b|kill -\d+|apt(?:-get)? install|curl -|psql -|pip install|"
    r"npm \w+)\b",
    re.I,
)
_OWN = lazily(r"ergon-ops(?:\s+(?P<verb>[\w-]+))?(?:\s+(?P<rest>[^\s`.,;)]+))?")
_READS = words(
    """
    ask list diagnose proposals chat journal config doctor state prompt propose show session
    """
)
_FENCE = lazily(r"^\s*(```|~~~)")


def find(scene: Scene) -> None:
    """`ergon-ops approve` for a proposal there is; every other command a person could run is struck."""
    raw = scene.text
    for match in _OWN.finditer(raw):
        verb, rest = match["verb"] or "", match["rest"] or ""
        if verb in ("approve", "reject") or re.search(r"\bp-[a-z2-7]{4,}", rest):
            ok = any(rest == item.id for item in scene.ground.proposals) and verb in ("approve", "reject", "show")
            ok = ok or rest.strip("<>") in ("ID", "PROPOSAL")  # how it is done, not which
            scene.decide(
                "command",
                match.start(),
                match.end(),
                () if ok else None,
                f"there is no proposal {rest or 'named'}",
                ("proposal",),
            )
            scene.take(match.start(), match.end())
        elif verb in ("rollback", "uninstall", "up", "down", "serve", "package"):
            scene.decide("command", match.start(), match.end(), None, "not a command for here", ("command",))
        elif verb in _READS:
            scene.take(match.start(), match.start() + len("ergon-ops ") + len(verb))
    _carried_out(scene)
    for match in re.finditer(r"(?<![\w-])p-[a-z2-7]{6,12}(?![\w-])", scene.free):
        ok = any(match[0] == item.id and _is_about(scene, item) for item in scene.ground.proposals)
        scene.decide(
            "proposal",
            match.start(),
            match.end(),
            () if ok else None,
            f"there is no proposal {match[0]}",
            ("proposal",),
        )
        scene.take(match.start(), match.end())
    _proposed(scene)
    for match in _CODE.finditer(raw):
        if _COMMAND.match(match[1]) and not _known(scene, match[1]):
            scene.decide("command", match.start(), match.end(), None, "a command nobody here vouches for", ("command",))
            scene.take(match.start(), match.end())
    fence = _FENCE.match(raw)
    if fence or scene.topic.fenced:
        for line in re.finditer(r"[^\n]+", raw):
            if _COMMAND.match(line[0]) and not _known(scene, line[0].strip()):
                scene.decide(
                    "command", line.start(), line.end(), None, "a command nobody here vouches for", ("command",)
                )
                scene.take(line.start(), line.end())
    for match in _SPOKEN.finditer(scene.free):
        if not _known(scene, match[0]):
            scene.decide("command", match.start(), match.end(), None, "a command nobody here vouches for", ("command",))
            scene.take(match.start(), match.end())


_CARRIED_OUT = lazily(
    r"(?<![\w-])p-[a-z2-7]{6,12}\W*(?:is|was|has been|has) (?:now |already |successfully |just |been )*"
    r"(?P<verb>done|complete|completed|applied|executed|approved|rejected|finished|live|in effect|carried out|"
    r"performed|run)\b",
    re.I,
)


def _carried_out(scene: Scene) -> None:
    """`The restart p-… is done`: only if the journal has it."""
    for match in _CARRIED_OUT.finditer(scene.free):
        if scene.mood(match.start()) == "assert":
            ids = acts.journal(scene, match["verb"].lower(), match)
            start, end = match.span("verb")
            scene.decide("act", start, end, ids, "the journal has no such act", ("act",))


_THE_PROPOSAL = lazily(
    r"\b(?:the|my|this|one|a|open|pending) proposal\b[^.;,]{0,30}?\s(?:to |would |will |is to |that |which )*"
    r"(?P<verb>restarts?|stops?|starts?|raises?|lowers?|increases?|recreates?|updates?|removes?|kills?|changes?|sets?)\s",
    re.I,
)


def _proposed(scene: Scene) -> None:
    """`The proposal restarts A`: one there is would do that, to whom it would do it."""
    for match in _THE_PROPOSAL.finditer(scene.free):
        if scene.mood(match.start()) in ("assert", "hedged") and not re.search(
            r"\bno\b", scene.line[: match.start()], re.I
        ):
            ok = any(_is_about(scene, item) for item in scene.ground.proposals)
            scene.decide("proposal", match.start(), match.end(), () if ok else None, "no proposal is so", ("proposal",))


_KINDS = lazily(
    r"\b(?P<verb>restart|stop|start|paus|unpaus|kill|remov|delet|recreat|updat|rais|lower|increas|decreas|reduc|set|scal)\w*\b"
    r"|\b(?P<what>memory|cpu|pids)\b",
    re.I,
)
_ASKING = lazily(r"\b(?:approve|reject|confirm|decide|stop timeout|restart policy|timeout)\w*", re.I)


def _is_about(scene: Scene, proposal: Proposal) -> bool:
    """What a sentence says of a proposal is what it would do, to whom it would do it."""
    named = {item.ref for item in scene.mentions if item.word not in ("i", "host") and item.ref.kind == "container"}
    if named and proposal.intent.target not in named:
        return False
    kind = proposal.intent.kind.lower()
    text = _ASKING.sub(" ", scene.line)
    verbs = {match["verb"].lower() for match in _KINDS.finditer(text) if match["verb"]}
    things = {match["what"].lower() for match in _KINDS.finditer(text) if match["what"]}
    if verbs and not any(verb in kind for verb in verbs) and not (kind.startswith("set_") and verbs & _SETTING):
        return False
    return not things or not kind.startswith("set_") or any(thing in kind for thing in things)


_SETTING = frozenset({"rais", "lower", "increas", "decreas", "reduc", "set", "scal", "updat"})


def _known(scene: Scene, words: str) -> bool:
    """A program's bare name, or a command line that the facts have (the container's own command)."""
    words = words.strip().lower()
    if " " not in words:
        return words not in ("reboot", "shutdown")
    if any(words in scene.index.corpus(ref) for ref in scene.ground.refs):
        return True
    facts = [row for item in scene.mentions for row in scene.index.facts(item.ref, "command")]
    return any(words == str(row.value).lower() for row in facts)
