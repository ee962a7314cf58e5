"""A model's words against the facts: what is not carried by the ledger does not reach a person.

    cut = Sentences();  for delta in stream:  for sentence in cut.feed(delta): …   then cut.end(); joined = the input
    checked = check(sentence, ground, before)     `before` is the `Checked` of the sentence before, or None
    checked.ok                                    → show `checked.text` (without citations), cite `checked.fact_ids`
    else one repair round, or                     → the rules' sentence on `intents_of` its claims, or struck(checked)

A claim passes if facts of the right container carry it (units converted, rounded as said, derived by the formulas in
`metrics.py`), a finding does (causes, trends), or the journal does (acts). Advice, questions, greetings and what is
said not to be known pass without. What the rules said to the question (`answers`) may be said again as it is.
"""

from __future__ import annotations

from ergon_ops.grounding.check import check
from ergon_ops.grounding.instead import intents_of, struck
from ergon_ops.grounding.sentences import Sentences
from ergon_ops.grounding.verbatim import answers, words_of
from ergon_ops.grounding.words import Acted, Checked, Claim, Ground, Topic

__all__ = [
    "Acted", "Checked", "Claim", "Ground", "Sentences", "Topic", "answers", "check", "intents_of",
    "struck", "words_of",
]  # fmt: skip
