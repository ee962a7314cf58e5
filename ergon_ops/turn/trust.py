# ruff: noqa: SIM905 - a table of words reads best as words
"""What carries no sentence of a model although it stands in the ledger: text that reads like orders. And what nobody
here can check: another language."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import replace

from ergon_ops.grounding import Checked, Claim

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


def trusted(checked: Checked, distrusted: Set[str]) -> Checked:
    """The same, with claims unsupported that only distrusted facts carry, and with all of it if it is not English."""
    claims = tuple(
        replace(claim, why="only orders say so") if _hearsay(claim, distrusted) else claim for claim in checked.claims
    )
    if foreign(checked.text) and all(claim.supported for claim in claims):
        claims = (
            *claims,
            Claim("language", 0, len(checked.text), checked.text.strip(), (), "only English can be checked"),
        )
    return checked if claims == checked.claims else replace(checked, claims=claims)


def _hearsay(claim: Claim, distrusted: Set[str]) -> bool:
    return claim.supported and bool(claim.fact_ids) and claim.kind not in QUOTING and set(claim.fact_ids) <= distrusted


def foreign(text: str) -> bool:
    """Whether a sentence is in another language than English, apart from what it quotes."""
    bare = _SAID.sub(" ", text)
    letters = [letter for letter in bare if letter.isalpha()]
    if sum(letter > "\u036f" for letter in letters) * 3 > len(letters):
        return True
    words = [word.lower().replace("’", "'") for word in _WORD.findall(bare)]
    strange = {word for word in words if word in _FOREIGN and word not in _ENGLISH}
    return len(strange) >= 2 and len(strange) > sum(word in _ENGLISH for word in words)
