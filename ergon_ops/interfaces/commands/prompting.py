"""`prompt`: what a model would be sent, without sending it."""

from __future__ import annotations

import json
from argparse import Namespace

from ergon_ops.interfaces.commands.program import Program, print_json
from ergon_ops.interfaces.commands.spec import Argument, Command
from ergon_ops.messages import Question

STATUS = "What's your status?"


async def prompt(program: Program, arguments: Namespace) -> int:
    question = Question(
        " ".join(arguments.words) or STATUS,
        program.actor(),
        names=(arguments.name.removeprefix("@"),),
        model=program.settings.model or None,
        mode=program.settings.mode,
    )
    async with program.assistant() as assistant:
        document = await assistant.prompt(question)
    if program.as_json:
        print_json(document)
        return 0
    print(json.dumps(document["request"], ensure_ascii=False, indent=2))
    return 0


COMMANDS = (
    Command(
        "prompt",
        'NAME ["QUESTION"] [options]',
        "the exact request a model would be sent about a container",
        prompt,
        (
            ("prompt webapp", "instructions, persona, tools and facts, as JSON; nothing is sent"),
            ('prompt webapp "why are you slow?" --model openai:some-model', "in the words of another provider"),
            ("prompt all", "for the whole host"),
        ),
        "Facts are read from the engine as for the question; API keys and values of variables are never in it.",
        (
            Argument("name", "whom it is about; `all` is everyone", "NAME", completes="containers"),
            Argument("words", "the question; without one: your status", "QUESTION", "*"),
            Argument("--model", "offline, or provider:model", "MODEL", completes="models"),
            Argument("--mode", "what may happen without asking", choices=("strict", "balanced", "restricted")),
        ),
    ),
)
