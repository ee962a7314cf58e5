"""Which mind answers here, and why. This version has one; a key that lies about is never used unasked."""

from __future__ import annotations

from dataclasses import dataclass

from ergon_ops.setting_values import ENV_ONLY
from ergon_ops.settings import Settings


@dataclass(frozen=True, slots=True)
class Mind:
    """`why` is a sentence without its full stop. `ignored`: a model that was named and is not used."""

    name: str
    why: str
    ignored: str = ""


def mind_of(settings: Settings) -> Mind:
    model, facts = settings.model, "answers come from facts and rules"
    if model and model != "offline":
        named = settings.sources.get("model", "settings")
        return Mind("offline", f"{facts}; {model}, named by {named}, is not used: this version has no models", model)
    if model == "offline":
        return Mind("offline", f"{facts}, as {settings.sources.get('model', 'the settings')} says")
    keys = [settings.sources[key] for key in ENV_ONLY if key in settings.sources]
    if keys:
        return Mind("offline", f"{facts}; {' and '.join(keys)} lies in the environment but is not used")
    return Mind("offline", f"{facts}, no API key is needed")
