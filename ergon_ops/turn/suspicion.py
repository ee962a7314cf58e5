"""Text from outside that reads like orders to a model. It is data all the same; the operator is told.

The words and rules are in `orders.py`. The text is first made plain: without escapes and invisible characters,
look-alike letters folded, encoded parts decoded once. Every step is linear in the length of the text.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from ergon_ops.facts import Fact
from ergon_ops.messages import Message
from ergon_ops.redaction import neutralise
from ergon_ops.turn.orders import FRAMES, ROLE_MARK, RULES, WORDS

MOST = 64_000  # no text is given to a model at a greater length
DECODED_MOST = 20_000
# Values of ours, that nobody outside chooses.
OURS = frozenset(
    {"state", "health", "id", "image_id", "event", "engine", "engine_version", "env_host", "published_port"}
)
_LOOK_ALIKE = str.maketrans(
    "авекмнорстухіѕјԁԛԝүһɡαβεικνορτυχγ０１３４５７ı",
    "abekmhopctyxisjdqwyhgabeiknoptuxy013457i",
)
_LEET = str.maketrans("013457@$", "oieast" + "as")
_CJK = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
_ENCODED = r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,}+={0,2}"
_ESCAPED = r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9a-fA-F]{2}|&#\d{2,6};"
_SPACED = r"(?:(?<!\w)\w(?:[ ._*-]|$)){6,}+"
_JOINED = 18  # a word of so many letters may be several


def suspicious(text: str) -> bool:
    """Whether it reads like orders to a model."""
    return _short(text) if len(text) <= 4000 else _reads(text[:MOST])


@lru_cache(maxsize=4096)
def _short(text: str) -> bool:
    return _reads(text)


def _reads(text: str) -> bool:
    plain = _plain(text)
    return any(_orders(version) for version in (plain, *_hidden(plain)))


def _orders(text: str) -> bool:
    return frames().search(text.lower()) is not None or _ruled(_tokens(text))


# -- making plain


def _plain(text: str) -> str:
    """One line, as a reader sees it; a newline is ` ⏎ `."""
    text = unicodedata.normalize("NFKC", text)[:MOST]
    if "\\" in text or "%" in text or "&#" in text:
        text = re.sub(_ESCAPED, _unescaped, text).replace("\\n", "\n").replace('\\"', '"')
    return neutralise(text, MOST)


def _unescaped(match: re.Match[str]) -> str:
    said = match[0]
    code = int(said[2:-1]) if said[0] == "&" else int(said.lstrip("\\ux%"), 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else said


def _hidden(text: str) -> Iterator[str]:
    """What else the text may say: encoded, spelled with gaps, backwards."""
    left = DECODED_MOST
    for match in re.finditer(_ENCODED, text):
        said = _decoded(match[0])
        left -= len(said)
        if left < 0:
            break
        if said:
            yield _plain(said)
    spaced = [re.sub(r"[\W_]", "", match[0]) for match in re.finditer(_SPACED, text)]
    if spaced:
        yield " ".join(spaced)
    yield text[::-1]


def _decoded(word: str) -> str:
    """Of base64 or hex that is text, the text."""
    for decode in (_from_base64, bytes.fromhex):
        try:
            said = decode(word).decode()
        except (ValueError, binascii.Error):
            continue
        if " " in said and said.isprintable():
            return said
    return ""


def _from_base64(word: str) -> bytes:
    bare = word.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)


# -- reading


@cache
def frames() -> re.Pattern[str]:
    return re.compile("|".join(FRAMES))


@cache
def _tokenizer() -> re.Pattern[str]:
    """A mark of a role, a word of Chinese from the table, or a word."""
    chinese = sorted({word for words in WORDS.values() for word in words.split() if word > "\u3000"}, key=len)
    return re.compile(
        rf"(?P<role>{ROLE_MARK})|{'|'.join(reversed(chinese))}|[^\W_{_CJK}]+(?:['’][^\W_{_CJK}]+)?|[{_CJK}]",
        re.IGNORECASE,
    )


def _tokens(text: str) -> Iterator[frozenset[str]]:
    """The classes of each word, in order."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    for match in _tokenizer().finditer(apart):
        if match["role"]:
            yield frozenset({"ROLE"})
            continue
        word = match[0]
        if len(word) >= _JOINED:
            yield from (_classes(part) for part in _parts(word.lower()))
        else:
            yield _classes(word)


def _parts(word: str) -> Sequence[str]:
    """The words of the table a long word is made of, if orders are: `ignoreallpreviousinstructions`."""
    return _joined().findall(word[:400]) if word[:400].isascii() else (word[:40],)


@cache
def _joined() -> re.Pattern[str]:
    known = {word.rstrip("*") for words in WORDS.values() for word in words.split() if word.isascii()}
    return re.compile("|".join(sorted((word for word in known if len(word) > 2), key=len, reverse=True)))


@lru_cache(maxsize=50_000)
def _classes(word: str) -> frozenset[str]:
    """Of the word as it is, with look-alikes folded, with digits read as letters."""
    if len(word) > 40:
        return frozenset()
    low = _folded(word)
    spelled = {low, low.translate(_LOOK_ALIKE)}
    if any(letter.isdigit() for letter in word) and not word.isdigit():
        spelled.add(low.translate(_LOOK_ALIKE).translate(_LEET))
    exact, stems, lengths = _table()
    found: set[str] = set()
    for form in spelled:
        found.update(exact.get(form, ()))
        for length in lengths:
            found.update(stems.get(form[:length], ()) if len(form) >= length else ())
    return frozenset(found)


def _folded(word: str) -> str:
    """Lower case, without accents."""
    low = word.lower().replace("’", "'")
    if low.isascii():
        return low
    return "".join(letter for letter in unicodedata.normalize("NFKD", low) if not unicodedata.combining(letter))


@cache
def _table() -> tuple[dict[str, set[str]], dict[str, set[str]], tuple[int, ...]]:
    exact: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for name, words in WORDS.items():
        for word in words.split():
            form = _folded(word.rstrip("*"))
            (stems if word.endswith("*") else exact).setdefault(form, set()).add(name)
    return exact, stems, tuple(sorted({len(stem) for stem in stems}))


@cache
def _rules() -> dict[str, tuple[tuple[int, int, int, bool], ...]]:
    """By class of word: (number of the rule, step, how far behind the step before, whether it is the last)."""
    found: dict[str, list[tuple[int, int, int, bool]]] = {}
    for number, rule in enumerate(RULES):
        parts = rule.split()
        classes, gaps = parts[::2], [0, *map(int, parts[1::2])]
        for step in range(len(classes)):
            found.setdefault(classes[step], []).append((number, step, gaps[step] + 1, step == len(classes) - 1))
    return {name: tuple(sorted(steps, key=lambda item: -item[1])) for name, steps in found.items()}


def _ruled(tokens: Iterable[frozenset[str]]) -> bool:
    """Whether the words keep a rule. For each step of each rule only the nearest place is remembered."""
    rules = _rules()
    reached: dict[tuple[int, int], int] = {}
    for place, classes in enumerate(tokens):
        steps = sorted((step for name in classes for step in rules.get(name, ())), key=lambda item: -item[1])
        for number, step, reach, last in steps:
            if step and place - reached.get((number, step - 1), -100) > reach:
                continue
            if last and step:
                return True
            reached[number, step] = place
    return False


# -- telling

HINT = re.compile(r"`?ergon-ops (?:approve|reject|rollback) [pc]-[a-z2-7]{4,16}`?")


def said_before(messages: Iterable[Message]) -> bool:
    """Whether an earlier message reads like orders. That a person may approve a proposal is told by our own answers."""
    return any(
        suspicious(HINT.sub("that", message.text) if message.role == "assistant" else message.text)
        for message in messages
    )


def suspects(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts whose key or value reads like orders; of log lines that do only together, all."""
    found: dict[str, Fact] = {}
    lines: dict[object, list[Fact]] = {}
    for fact in facts:
        if fact.name in OURS or not (fact.key or isinstance(fact.value, str)):
            continue
        if suspicious(_said(fact)):
            found[fact.id] = fact
        if fact.name in ("log_template", "label", "env_key"):
            lines.setdefault((fact.about, fact.name), []).append(fact)
    for several in lines.values():
        if not any(fact.id in found for fact in several) and suspicious("\n".join(map(_said, several))):
            found |= {fact.id: fact for fact in several}
    return tuple(found.values())


def _said(fact: Fact) -> str:
    return f"{fact.key}\n{fact.value}" if isinstance(fact.value, str) else fact.key


def warning(found: Iterable[Fact], others: Sequence[str] = ()) -> str:
    """One line for the operator; empty if there is nothing to tell. `others` name texts that are no facts."""
    places = list(dict.fromkeys(f"{fact.name.replace('_', ' ')} of {fact.about.short}" for fact in found))
    places += others
    if not places:
        return ""
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f"text in {', '.join(places[:3])}{more} reads like instructions to a model; it was given to it as data only"
