"""Which mind answers, and why. Naming a model is consent to send it what was asked for; a key that merely lies about
is used only after a person said yes for that endpoint."""

from __future__ import annotations

from collections.abc import Callable

from ergon_ops.dataclass import dataclass
from ergon_ops.setting_values import ENV_ONLY
from ergon_ops.settings import Settings

OFFLINE = "offline"
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
    where = "--model" if where == "flag" else where
    if spec == OFFLINE:
        return Mind(OFFLINE, f"{FACTS}, as {where} says")
    if spec:
        from ergon_ops.providers.spec import endpoint_url, read_spec

        return Mind(
            str(read_spec(spec)), f"named by {where}; asked at {endpoint_url(spec, settings)}, offline if it fails"
        )
    for provider, key in (("anthropic", "anthropic.api_key"), ("openai", "openai.api_key")):
        if key not in settings.sources or key not in ENV_ONLY:
            continue
        from ergon_ops.providers.spec import endpoint_url

        endpoint = endpoint_url(provider, settings)
        if given(endpoint):
            return Mind(provider, f"you agreed to {endpoint}; offline if it fails")
        why = f"{FACTS}; {settings.sources[key]} lies in the environment, nothing was sent to {endpoint}"
        return Mind(OFFLINE, why, endpoint)
    return Mind(OFFLINE, f"{FACTS}, no API key is needed")
