# ruff: noqa: SIM905 - a table of words reads best as words
"""What no sentence of a model may rest on or hold: text that reads like orders, another language, which nobody here can
check, and addresses nobody has seen, which could carry data away."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Set
from dataclasses import replace

from ergon_ops.grounding import Checked, Claim, Ground
from ergon_ops.router.words import HARD

# To say that a log has these words is true whatever the words are.
QUOTING = frozenset({"quote"})
_SAID = re.compile(r"“[^”]*”|\"[^\"]*\"|`[^`]*`|«[^»]*»|„[^“”]*[“”]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# Small words of German, French, Spanish, Italian, Portuguese and Dutch that are no words of English.
_FOREIGN = frozenset(
    """ich habe hat wurde wurden sind ist nicht und das der dem den ein eine einen alle auf mit wird werden sie wir neu
    je j'ai tu vous nous est sont les une des du pas tous toutes été suis dans avec sur c'est il elle ont fait redémarré
    yo he el los las está están estan ha han una del todos todas fue sido estoy con por reiniciado sanos
    io ho sono gli tutti tutte che è della riavviato eu não são está os uma foi foram todos reiniciei
    ik heb het een zijn niet alle werd opnieuw""".split()
)
_ENGLISH = frozenset(
    """the is are was were of to and in it at i i'm my no not have has had with for on this that be by from you your as
    than there its or but can will a an all does do did what which who if so nothing only""".split()
)


# Whatever a terminal, a browser or a mail program makes a link or an image of.
_ADDRESS = re.compile(
    r"\]\s?\((?P<link>[^)\n]{1,2000})"
    r"|\]:\s{0,3}(?P<reference>\S{1,2000})"
    r"|<(?P<tag>[a-z][^>\n]{0,2000}=[^>\n]{0,2000})"
    r"|(?P<plain>(?<![\w+.-])[a-z][a-z0-9+.-]{1,14}://[^\s\"'`<>”»|]{1,2000}"
    r"|(?<![\w:/])//[\w-]{1,63}\.[^\s\"'`<>”»|]{1,2000}"
    r"|(?<![\w.])www\.[^\s\"'`<>”»|]{1,2000}"
    r"|(?<![\w-])(?:javascript|data|mailto|tel|file|ftp):[^\s\"'`<>”»|]{1,2000}"
    r"|(?<![\w./-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?::\d{1,5})?/[^\s\"'`<>”»|]{0,500}[?=][^\s\"'`<>”»|]{1,2000})",
    re.IGNORECASE,
)
_HERE = re.compile(r"[a-z][a-z0-9+]{1,14}://(?P<host>[\w.-]{1,253})(?::\d{1,5})?(?:/[\w./-]{0,80})?", re.IGNORECASE)
_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]{0,32}[ -/]{0,8}[@-~]|\x1b[@-Z\\^_]")  # whole, or their letters stay
_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "0.0.0.0"})


def visible(text: str) -> str:
    """Without escapes, control characters and letters that show nothing."""
    text = _ESCAPES.sub("", text)
    return "".join(mark for mark in text if mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cf"))


def trusted(checked: Checked, ground: Ground, distrusted: Set[str]) -> Checked:
    """The same, with claims unsupported that only distrusted facts carry, addresses that stand nowhere, and all of it
    if it is not English."""
    claims = tuple(
        replace(claim, why="only orders say so") if _hearsay(claim, distrusted) else claim for claim in checked.claims
    )
    text = checked.text
    claims += tuple(
        Claim("address", start, end, text[start:end], (), "an address nobody has seen")
        for start, end in addresses(text)
        if not _seen(text[start:end].rstrip(".,;:!?)"), ground, distrusted)
    )
    if foreign(text, ground) and all(claim.supported for claim in claims):
        claims += (Claim("language", 0, len(text), text.strip(), (), "only English can be checked"),)
    return checked if claims == checked.claims else replace(checked, claims=claims)


def addresses(text: str) -> Iterator[tuple[int, int]]:
    for match in _ADDRESS.finditer(text):
        yield match.span(match.lastgroup or 0)


def _seen(address: str, ground: Ground, distrusted: Set[str]) -> bool:
    """It stands in a fact or in the question as it is, or leads to one of us and carries nothing."""
    here = _HERE.fullmatch(address)
    if here is not None and (here["host"] in _OWN_HOSTS or here["host"] in ground.names):
        return True
    if address in ground.question:
        return True
    return any(
        address in fact.reading.key or address in str(fact.value) for fact in ground.ledger if fact.id not in distrusted
    )


def _hearsay(claim: Claim, distrusted: Set[str]) -> bool:
    return claim.supported and bool(claim.fact_ids) and claim.kind not in QUOTING and set(claim.fact_ids) <= distrusted


def foreign(text: str, ground: Ground | None = None) -> bool:
    """Whether a sentence is in another language than English, apart from what it quotes and from words that stand in
    facts, which may be names."""
    bare = _SAID.sub(" ", text)
    letters = [letter for letter in bare if letter.isalpha()]
    if sum(letter > "\u036f" for letter in letters) * 3 > len(letters):
        return True
    words = [word.lower().replace("’", "'") for word in _WORD.findall(bare)]
    strange = {word for word in words if word in _FOREIGN and word not in _ENGLISH}
    if len(strange) >= 2 and len(strange) > sum(word in _ENGLISH for word in words):
        return True
    unknown = {word for word in words if not _english(word)}
    if ground is not None and _most(unknown, words):
        unknown -= _named(ground)
    return _most(unknown, words)


def _most(unknown: Set[str], words: list[str]) -> bool:
    """At least half of it. A word with letters no English loan word has counts for two."""
    strange = sum(1 if max(word) <= "ÿ" else 2 for word in words if word in unknown)
    return strange >= 2 and 2 * strange >= len(words)


def _english(word: str) -> bool:
    """Known as such, or too short to tell by itself."""
    from ergon_ops.router.english import is_english  # a list of words that few processes need

    return word in _ENGLISH or word in HARD or (len(word) < 3 and word.isascii()) or is_english(word.partition("'")[0])


def _named(ground: Ground) -> frozenset[str]:
    """The words of facts, of names and of the question."""
    said = (f"{fact.name.replace('_', ' ')} {fact.key} {fact.value}" for fact in ground.ledger)
    return frozenset(word for text in (ground.question, *ground.names, *said) for word in _WORD.findall(text.lower()))
