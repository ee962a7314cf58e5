"""Which mind answers, and why. Naming a model is consent to send it what was asked for; a key that merely lies about
is used only after a person said yes for that endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ergon_ops.errors import UsageError
from ergon_ops.setting_values import ENV_ONLY
from ergon_ops.settings import Endpoint, Settings

OFFLINE = "offline"
VENDORS = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}
FACTS = "answers come from facts and rules"


@dataclass(frozen=True, slots=True)
class Mind:
    """`spec` is `offline` or `provider:model` (`provider` alone = its default model); `why` a sentence without its full
    stop. `ask_consent` is the endpoint a person has to agree to before its key may be used; empty if none."""

    spec: str
    why: str
    ask_consent: str = ""

    @property
    def name(self) -> str:
        return self.spec

    @property
    def offline(self) -> bool:
        return self.spec == OFFLINE


def mind_of(settings: Settings, asked: str | None = None, given: Callable[[str], bool] = lambda _: False) -> Mind:
    """The mind for a question. `asked` is the model this question or session names; `given` tells whether a person
    agreed to an endpoint. Raises UsageError for a model of no provider we know."""
    spec = asked or settings.model
    where = "the session" if asked and asked != settings.model else settings.sources.get("model", "the settings")
    if spec == OFFLINE:
        return Mind(OFFLINE, f"{FACTS}, as {where} says")
    if spec:
        provider = checked(spec).partition(":")[0]
        return Mind(spec, f"named by {where}; asked at {address(settings, provider)}, offline if it fails")
    for provider, key in (("anthropic", "anthropic.api_key"), ("openai", "openai.api_key")):
        if key not in settings.sources or key not in ENV_ONLY:
            continue
        endpoint = address(settings, provider)
        if given(endpoint):
            return Mind(provider, f"you agreed to {endpoint}; offline if it fails")
        why = f"{FACTS}; {settings.sources[key]} lies in the environment, nothing was sent to {endpoint}"
        return Mind(OFFLINE, why, endpoint)
    return Mind(OFFLINE, f"{FACTS}, no API key is needed")


def checked(spec: str) -> str:
    """The same. Raises UsageError."""
    provider, colon, model = spec.partition(":")
    if provider not in VENDORS or (colon and not model):
        raise UsageError(f"there is no model {spec[:80]!r}", next="anthropic:<model>, openai:<model> or offline")
    return spec


def address(settings: Settings, provider: str) -> str:
    endpoint: Endpoint = getattr(settings, provider)
    return endpoint.base_url or VENDORS[provider]
