"""Manifest 1.0: what is valid, what is named when it is not, and one digest for one meaning."""
# ruff: noqa: E501 - tables of problems read best one a line

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ergon_ops import manifest
from ergon_ops.errors import ManifestError

SEED = {
    "manifest_version": "1.0",
    "applications": {"api": {"type": "fastapi", "entrypoint": "main.py"}},
    "containers": {"api-server": {"applications": ["api"], "ci_capabilities": ["health", "optimize"]}},
}
FULL = """
{"manifest_version": "1.0",
 "project": {"name": "shop", "repository": "https://example.com/shop.git"},
 "applications": {"api": {"type": "fastapi", "language": "python", "path": "api", "entrypoint": "main.py",
   "dependencies": "requirements.txt", "build_commands": [], "run_command": "uvicorn main:app --host 0.0.0.0",
   "ports": [8000], "environment": {"REDIS_URL": {"required": true}}}},
 "containers": {"api-server": {"applications": ["api"], "image": null, "base_image": "python:3.11-slim",
   "ports": [{"container": 8000, "host": 8000}], "environment": {"REDIS_URL": "redis://cache:6379"}, "volumes": [],
   "networks": ["shop"], "depends_on": ["cache"], "resources": {"memory": "256m", "cpus": 0.5, "pids": 200},
   "health": {"http": "/health", "interval_s": 10}, "restart": "unless-stopped", "command": null,
   "role": "answers the shop's API", "role_kind": "app", "slo": {"memory_ratio": 0.8, "restarts_per_hour": 1},
   "ci_name": "api-ci", "ci_capabilities": ["health", "optimize"], "labels": {}}},
 "packaging": {"build_order": ["api-server"], "registry": null, "tagging": "hash", "source_date_epoch": 315532801},
 "lifecycle": {}, "federation": {}}
"""


def text(**containers: Any) -> str:
    return json.dumps({"manifest_version": "1.0", "containers": containers})


def problems(document: str) -> dict[str, str]:
    """Pointer → message and next step."""
    with pytest.raises(ManifestError) as raised:
        manifest.parse(document, "shop.json")
    assert raised.value.exit == 2
    assert raised.value.message.startswith("shop.json: ")
    return {item["pointer"]: f"{item['message']} | {item['next']}" for item in raised.value.details["problems"]}


def test_the_short_form_is_valid_as_it_stands() -> None:
    parsed = manifest.parse(json.dumps(SEED))
    server = parsed.containers["api-server"]
    assert server.ci_capabilities == ("health", "optimize")
    assert (server.restart, server.resources.memory, parsed.applications["api"].path) == ("unless-stopped", None, ".")


def test_the_full_form_is_valid_as_it_stands() -> None:
    server = manifest.parse(FULL).containers["api-server"]
    assert server.resources.memory == 256 * 1024**2
    assert server.ports[0].host == 8000
    assert server.health is not None
    assert server.health.http == "/health"
    assert server.slo == {"memory_ratio": 0.8, "restarts_per_hour": 1.0}


def test_the_demos_manifest_is_valid() -> None:
    root = Path(manifest.__file__).parent.parent
    parsed = manifest.load(root / "stack/demo/demo.json")
    assert manifest.start_order(parsed) == ("orders-db", "webapp", "worker")
    assert parsed.containers["webapp"].ci_name == "webapp-container-ci"


def test_short_spellings_are_understood() -> None:
    document = text(
        web={"image": "nginx", "ports": [80], "command": "nginx -g 'daemon off;'", "environment": {"A": "1"}}
    )
    web = manifest.parse(document).containers["web"]
    assert web.ports[0].container == 80
    assert web.ports[0].host is None
    assert web.command == ("nginx", "-g", "daemon off;")


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("256m", 256 * 1024**2), ("1g", 1024**3), ("1.5G", 3 * 1024**3 // 2), ("512 MiB", 512 * 1024**2),
        ("8388608", 8388608), (8388608, 8388608),
    ],
)  # fmt: skip
def test_memory_is_bytes_or_dockers_units(written: object, amount: int) -> None:
    parsed = manifest.parse(text(web={"image": "nginx", "resources": {"memory": written}}))
    assert parsed.containers["web"].resources.memory == amount


ONE_PROBLEM: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown key", {"image": "x", "enviroment": {}}, "/containers/web/enviroment", 'did you mean "environment"?'),
    ("unknown nested key", {"image": "x", "resources": {"memroy": 1}}, "/containers/web/resources/memroy", '"memory"?'),
    ("missing application", {"applications": ["api"]}, "/containers/web/applications/0", 'no application "api"'),
    ("nothing to run", {"role": "x"}, "/containers/web", "neither an image nor applications"),
    ("unknown capability", {"image": "x", "ci_capabilities": ["optimise"]}, "/containers/web/ci_capabilities/0", '"optimize"?'),
    ("unknown role", {"image": "x", "role_kind": "databse"}, "/containers/web/role_kind", '"database"?'),
    ("port too large", {"image": "x", "ports": [{"container": 70000}]}, "/containers/web/ports/0/container", "at most 65535"),
    ("port zero", {"image": "x", "ports": [{"container": 80, "host": 0}]}, "/containers/web/ports/0/host", "at least 1"),
    ("negative cpus", {"image": "x", "resources": {"cpus": -1}}, "/containers/web/resources/cpus", "out of range"),
    ("memory below the engine's minimum", {"image": "x", "resources": {"memory": "1m"}}, "/containers/web/resources/memory", "at least 6m"),
    ("memory that is none", {"image": "x", "resources": {"memory": "lots"}}, "/containers/web/resources/memory", '"256m"'),
    ("a float for a count", {"image": "x", "resources": {"pids": 1.5}}, "/containers/web/resources/pids", "whole number"),
    ("a number as a value", {"image": "x", "environment": {"N": 1}}, "/containers/web/environment/N", "put it in quotes"),
    ("a ratio above one", {"image": "x", "slo": {"memory_ratio": 80}}, "/containers/web/slo/memory_ratio", "0 to 1"),
    ("a role that is too long", {"image": "x", "role": "r" * 201}, "/containers/web/role", "at most 200"),
    ("a reserved CI name", {"image": "x", "ci_name": "all"}, "/containers/web/ci_name", "taken"),
    ("a bad CI name", {"image": "x", "ci_name": "Web_CI"}, "/containers/web/ci_name", "small letters"),
    ("a bad restart policy", {"image": "x", "restart": "sometimes"}, "/containers/web/restart", "unless-stopped"),
    ("a bad volume", {"image": "x", "volumes": ["data"]}, "/containers/web/volumes/0", "name:/path"),
    ("a label of ours", {"image": "x", "labels": {"io.ergon-ops.manifest": "1"}}, "/containers/web/labels/io.ergon-ops.manifest", "remove"),
    ("a bad expected state", {"image": "x", "labels": {"io.ergon-ops.expected": "gone"}}, "/containers/web/labels/io.ergon-ops.expected", "paused"),
    ("an unclosed quote", {"image": "x", "command": "sh -c 'x"}, "/containers/web/command", "as a list"),
    ("a bare text for a list", {"image": "x", "depends_on": "db"}, "/containers/web/depends_on", "a list"),
    ("itself", {"image": "x", "depends_on": ["web"]}, "/containers/web/depends_on/0", "web → web"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entry", "pointer", "told"), ONE_PROBLEM, ids=[row[0] for row in ONE_PROBLEM])
def test_a_problem_is_named_with_its_place_and_the_next_step(
    name: str, entry: dict[str, Any], pointer: str, told: str
) -> None:
    found = problems(text(web=entry))
    assert list(found) == [pointer]
    assert told in found[pointer]


def test_every_problem_is_named_in_one_pass() -> None:
    document = """{"manifest_version": "2.0", "projct": {},
      "applications": {"api": {"type": "fastapi", "path": "../up"}},
      "containers": {
        "a": {"applications": ["apy"], "depends_on": ["b"], "ports": [{"container": 1, "host": 80}]},
        "b": {"image": "x", "depends_on": ["c"], "ports": [{"container": 2, "host": 80}]},
        "c": {"image": "x", "depends_on": ["a"], "ci_capabilities": ["helth"], "image": "y"},
        "cafe\\u0301": {"image": "x", "resources": {"cpus": NaN}}}}"""
    found = problems(document)
    assert set(found) == {
        "/manifest_version", "/projct", "/applications/api/path", "/containers/a/applications/0",
        "/containers/a/depends_on/0", "/containers/b/ports/0/host", "/containers/c/ci_capabilities/0",
        "/containers/c/image", "/containers/cafe\u0301", "/containers/cafe\u0301/resources/cpus",
    }  # fmt: skip
    assert "a → b → c → a" in found["/containers/a/depends_on/0"]
    assert "twice" in found["/containers/c/image"]
    assert "NFC" in found["/containers/cafe\u0301"]
    assert '"manifest_version": "1.0"' in found["/manifest_version"]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("", "is not JSON: line 1, column 1"),
        ('{"a": 1,\n "b": }', "is not JSON: line 2, column 7"),
        ("[]", "is not a JSON object"),
        ("[" * 100_000, "is nested too deep"),
        ('{"manifest_version": "1.0", "lifecycle": ' + '{"a":' * 80 + "1" + "}" * 81, "is nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON"),
        ("{}", "there is no application and no container"),
        ('{"manifest_version": "1.0"}', "there is no application and no container"),
        (" " * 5_000_000, "larger than 4 MiB"),
    ],
)
def test_a_text_that_is_no_manifest_is_one_clear_error(document: str, told: str) -> None:
    assert any(told in problem for problem in problems(document).values())


def test_huge_numbers_and_half_characters_are_problems() -> None:
    found = problems(
        '{"manifest_version": "1.0", "lifecycle": {"n": 9007199254740993, "s": "\\ud800"}, "applications": {"a": {"type": "x"}}}'
    )
    assert "beyond 2^53" in found["/lifecycle/n"]
    assert "surrogate" in found["/lifecycle/s"]


def test_a_name_with_a_slash_is_escaped_in_its_pointer() -> None:
    assert "/containers/a~1b~0" in problems(text(**{"a/b~": {"image": "x"}}))


def test_two_applications_in_one_container_cannot_share_a_port() -> None:
    document = dict(SEED, applications={name: {"type": "x", "ports": [8000]} for name in ("api", "web")})
    document["containers"] = {"one": {"applications": ["api", "web"]}}
    assert "both listen on 8000" in problems(json.dumps(document))["/containers/one/applications/1"]


def test_published_ports_clash_only_on_one_address_and_protocol() -> None:
    def pair(**second: object) -> str:
        return text(a={"image": "x", "ports": [{"container": 1, "host": 53}]}, b={"image": "x", "ports": [{"container": 2, "host": 53, **second}]})  # fmt: skip

    assert "port clash: 53 is published by a too" in problems(pair())["/containers/b/ports/0/host"]
    assert "/containers/b/ports/0/host" in problems(pair(host_ip="0.0.0.0"))
    assert set(manifest.parse(pair(protocol="udp")).containers) == {"a", "b"}
    assert set(manifest.parse(pair(host_ip="127.0.0.2")).containers) == {"a", "b"}


def test_ci_names_are_unique() -> None:
    found = problems(text(a={"image": "x", "ci_name": "one-ci"}, b={"image": "x", "ci_name": "one-ci"}))
    assert "name of a already" in found["/containers/b/ci_name"]


def test_a_dependency_may_run_elsewhere_unless_it_looks_misspelled() -> None:
    alone = manifest.parse(text(web={"image": "x", "depends_on": ["cache"]}))
    assert manifest.start_order(alone) == ("web",)
    found = problems(text(web={"image": "x", "depends_on": ["orders-bd"]}, **{"orders-db": {"image": "y"}}))
    assert 'did you mean "orders-db"?' in found["/containers/web/depends_on/0"]


def test_a_build_order_is_checked_against_the_dependencies() -> None:
    containers = {"web": {"image": "x", "depends_on": ["api"]}, "api": {"image": "y"}}
    document = {
        "manifest_version": "1.0",
        "containers": containers,
        "packaging": {"build_order": ["web", "api", "web", "apo"]},
    }
    found = problems(json.dumps(document))
    assert "web comes before api" in found["/packaging/build_order/0"]
    assert "in order: api, web" in found["/packaging/build_order/0"]
    assert "twice" in found["/packaging/build_order/2"]
    assert 'did you mean "api"?' in found["/packaging/build_order/3"]


def test_the_order_is_bottom_up_and_does_not_depend_on_the_order_of_keys() -> None:
    entries = {
        "frontend": ["api", "auth"], "api": ["db", "cache"], "auth": ["db"], "db": [], "cache": ["elsewhere"],
    }  # fmt: skip
    for names in (sorted(entries), sorted(entries, reverse=True)):
        parsed = manifest.parse(text(**{name: {"image": "x", "depends_on": entries[name]} for name in names}))
        assert manifest.start_order(parsed) == ("cache", "db", "api", "auth", "frontend")


def test_several_circles_are_each_printed_once() -> None:
    needs = {"a": ["b"], "b": ["a"], "c": ["d"], "d": ["e"], "e": ["c"], "f": ["a"]}
    found = problems(text(**{name: {"image": "x", "depends_on": wanted} for name, wanted in needs.items()}))
    assert [told.split(" | ")[0] for told in found.values()] == [
        "depends on itself: a → b → a",
        "depends on itself: c → d → e → c",
    ]


def test_a_secret_value_is_not_repeated_in_a_problem() -> None:
    assert "73219" not in str(problems(text(web={"image": "x", "environment": {"DB_PASSWORD": 73219}})))


def test_files_that_cannot_be_read_are_one_clear_error(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "none.json", "No such file"), (tmp_path, "directory")):
        with pytest.raises(ManifestError, match=told):
            manifest.load(path)
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe4"}')
    with pytest.raises(ManifestError, match="is not UTF-8"):
        manifest.load(tmp_path / "latin.json")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(2 * 1024**3)
    with pytest.raises(ManifestError, match="larger than 4 MiB"):
        manifest.load(tmp_path / "huge.json")


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert manifest.parse("\ufeff" + json.dumps(SEED)) == manifest.parse(json.dumps(SEED))


# ---- digest ----------------------------------------------------------------------------------------------------


def test_one_meaning_has_one_digest() -> None:
    plain = {
        "image": "x",
        "resources": {"memory": 268435456, "cpus": 1},
        "command": ["a", "b"],
        "ports": [{"container": 80}],
    }
    spelled = {
        "ports": [80],
        "command": "a b",
        "resources": {"cpus": 1.0, "memory": "256m"},
        "role": None,
        "image": "x",
        "labels": {},
    }
    assert manifest.parse(text(web=plain)).digest() == manifest.parse(text(web=spelled)).digest()


@pytest.mark.parametrize(
    "entry",
    [{"image": "y"}, {"image": "x", "role": "r"}, {"image": "x", "environment": {"A": "1"}}, {"image": "x", "ci_capabilities": []},
     {"image": "x", "command": ["a b"]}, {"image": "x", "depends_on": ["b"]}],
)  # fmt: skip
def test_another_meaning_has_another_digest(entry: dict[str, Any]) -> None:
    assert manifest.parse(text(web=entry)).digest() != manifest.parse(text(web={"image": "x"})).digest()


def test_the_digest_of_a_known_manifest_stays_what_it_is() -> None:
    digest = "sha256:8257630aadc651adef78bb60da82c69335440dea1ae00bdc43fb145d1f7a818a"
    assert manifest.parse(json.dumps(SEED)).digest() == digest


def test_the_normalised_document_is_valid_and_has_the_same_digest() -> None:
    parsed = manifest.parse(FULL)
    again = manifest.parse(json.dumps(parsed.document()))
    assert again == parsed
    assert again.digest() == parsed.digest()


# ---- registered, schema, cost ----------------------------------------------------------------------------------


def test_a_registered_manifest_gives_the_same_persona_words() -> None:
    parsed = manifest.parse(FULL)
    light = manifest.registered(json.dumps(parsed.document()), parsed.digest())
    server, full = light.containers["api-server"], parsed.containers["api-server"]
    assert light.digest() == parsed.digest()
    assert light.project.name == "shop"
    for name in ("role", "role_kind", "ci_name", "ci_capabilities", "depends_on", "applications", "slo"):
        assert getattr(server, name) == getattr(full, name)


def test_the_schema_names_every_key_and_refuses_others() -> None:
    schema = manifest.json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {
        "manifest_version", "project", "applications", "containers", "packaging", "lifecycle", "federation"
    }  # fmt: skip
    assert "memory" in schema["$defs"]["Resources"]["properties"]
    assert schema["required"] == ["manifest_version"]


def test_knowing_a_registered_manifest_does_not_load_pydantic() -> None:
    code = (
        "import sys; from ergon_ops.manifest import registered\n"
        'registered(\'{"containers": {"a": {"image": "x"}}}\', "sha256:0"); print("pydantic" in sys.modules)'
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "False"


def test_volumes_addresses_and_commands_that_no_engine_takes_are_problems() -> None:
    document = {
        "manifest_version": "1.0",
        "applications": {"x": {"type": "static", "run_command": 'a "b', "build_commands": ["ok", "it's"]}},
        "containers": {
            "a": {
                "image": "x",
                "volumes": ["/a:b", "/a:/b:zz", "/a:/b:ro,z", "v:/x:rw", "/anonymous"],
                "ports": [
                    {"container": 80, "host": 81, "host_ip": "999.1.1.1"},
                    {"container": 81, "host": 82, "host_ip": "::1"},
                ],
            }
        },
    }
    assert set(problems(json.dumps(document))) == {
        "/applications/x/run_command",
        "/applications/x/build_commands/1",
        "/containers/a/volumes/0",
        "/containers/a/volumes/1",
        "/containers/a/ports/0/host_ip",
    }
