"""Variables that are missing, in the words of the languages and libraries that read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from tests.faults.draw import Draw
from tests.faults.families.controls import healthy
from tests.faults.families.settings import missing, others
from tests.faults.programs import both, exited, logged, node, python, shell
from tests.faults.scenario import SERVERS, SVC, Box, Case, scenario

# What they print, with the exit code they end with: written down from the real ones, which no Debian package has.
GO = (
    ("panic: env: required environment variable \"{key}\" is not set\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:21 +0x3d", 2),
    ("2026/11/30 07:00:00 required key {key} missing value", 1),
    ("2026/11/30 07:00:00 failed to process config: Place: missing required value: {key}", 1),
    ('{{"time":"2026-11-30T07:00:00Z","level":"ERROR","msg":"cannot start","error":"environment variable {key} is not set"}}', 1),
)  # fmt: skip
JVM = (
    (
        "Error starting ApplicationContext. To display the condition evaluation report re-run with 'debug' enabled.\n"
        "org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'places': Injection of"
        " autowired dependencies failed\n"
        "\tat org.springframework.beans.factory.support.AbstractBeanFactory.doGetBean(AbstractBeanFactory.java:325)\n"
        "Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder '{key}' in value \"${{{key}}}\"", 1,
    ),
    ("java.util.NoSuchElementException: SRCFG00011: Could not expand value {key} in property app.place", 1),
)  # fmt: skip
REST = (
    ('** (System.EnvError) could not fetch environment variable "{key}" because it is not set', 1),
    ("thread 'main' panicked at src/main.rs:9:34:\n{key} must be set: NotPresent", 101),
    ("Unhandled exception. System.InvalidOperationException: Environment variable '{key}' is not set.", 134),
    ('PHP Fatal error:  Uncaught EnvNotFoundException: Environment variable not found: "{key}".', 255),
)
ZOD = (
    'ZodError: [\n  {{\n    "expected": "string",\n    "code": "invalid_type",\n    "path": [\n      "{key}"\n    ],\n'
    '    "message": "Invalid input: expected string, received undefined"\n  }}\n]'
)
NODE = (
    ZOD,
    "❌ Invalid environment variables: {{\n  {key}: [ 'Invalid input: expected string, received undefined' ]\n}}",
    "\u001b[33m Missing\u001b[0m environment variables:\n    \u001b[34m{key}\u001b[0m: undefined\n",
    'EnvVarError: env-var: "{key}" is a required variable, but it was not set',
    'Error: Config validation error: "{key}" is required',
    "MissingEnvVarsError: The following variables were defined in .env.example but are not present in the"
    " environment:\n  {key}\nMake sure to add them to .env or directly to the environment.",
)


def printed(draw: Draw, texts: Sequence[tuple[str, int]]) -> Case:
    key = draw.env_key()
    text, code = draw.pick(*texts)
    said = {"/srv/said": text.format(key=key) + "\n"}
    box = shell(draw.name(), f"cat /srv/said >&2; exit {code}", files=said, options={"environment": others(draw)})
    return missing(draw, box, key)


@scenario("C01-ruby", "variables", "T1")
def ruby_misses_a_variable(draw: Draw) -> Case:
    """A Ruby program fetches a variable that is not set."""
    key = draw.env_key()
    code = f"puts 'starting'\nplace = ENV.fetch('{key}')\nputs place\n"
    box = Box(
        draw.name(), ["ruby", "/srv/app.rb"], SERVERS, options={"environment": others(draw)},
        files={"/srv/app.rb": code},
    )  # fmt: skip
    return missing(draw, box, key)


@scenario("C01-settings", "variables", "T1")
def a_class_of_settings(draw: Draw) -> Case:
    """A Python program has its settings in a class, and one field has no variable."""
    key = draw.env_key()
    code = draw.pick(
        f"from pydantic import BaseSettings\nclass AppSettings(BaseSettings):\n    {key.lower()}: str\n    mode: str = 'x'\nAppSettings()\n",
        f"from starlette.config import Config\nConfig()({key!r})\n",
    )
    case = missing(draw, python(draw.name(), code, options={"environment": others(draw)}), key)
    return replace(case, symptom=both(exited(case.ask), logged(case.ask, key, key.lower())))


@scenario("C01-libraries", "variables", "T1")
def a_library_that_checks(draw: Draw) -> Case:
    """A node program has its variables checked by a library, and one is missing."""
    key = draw.env_key()
    said = json.dumps(draw.pick(*NODE).format(key=key))
    code = f"if (!process.env.{key}) {{ console.error({said}); process.exit(1); }}"
    return missing(draw, node(draw.name(), code, options={"environment": others(draw)}), key)


@scenario("C01-go", "variables", "T1")
def go_misses_a_variable(draw: Draw) -> Case:
    """A program in Go wants a variable."""
    return printed(draw, GO)


@scenario("C01-jvm", "variables", "T2")
def java_misses_a_variable(draw: Draw) -> Case:
    """A Java framework cannot fill a placeholder; what misses is in the last cause."""
    return printed(draw, JVM)


@scenario("C01-others", "variables", "T1")
def others_miss_a_variable(draw: Draw) -> Case:
    """A program in Elixir, Rust, C# or PHP wants a variable."""
    return printed(draw, REST)


@scenario("C01-empty", "variables", "T2")
def variable_set_to_nothing(draw: Draw) -> Case:
    """The variable is there and empty, as an unset one of a Compose file's own becomes."""
    key = draw.env_key()
    script = f': "${{{key}:?}}"; exec sleep 3600'
    return missing(draw, shell(draw.name(), script, image=SVC, options={"environment": {key: "", **others(draw)}}), key)


@scenario("T-does-without", "controls", "T0")
def goes_on_without(draw: Draw) -> Case:
    """A program finds a variable missing, says what it does instead, and works."""
    key, name = draw.env_key(), draw.name()
    line = draw.pick(
        f"WARN environment variable {key} is not set, using the default",
        f"{key} not set: metrics are disabled",
        f'level=warn msg="{key} is missing, falling back to localhost"',
        f'{{"level":"warn","msg":"env {key} undefined, feature skipped"}}',
    )
    said = json.dumps(line)
    often = draw.pick(said, "'tick'")  # once, or at each of its runs
    code = f"console.log({said}); setInterval(() => console.log({often}, 'tick'), 300)"
    return healthy(node(name, code, options={"environment": others(draw)}), look=logged(name, "tick", times=4))
