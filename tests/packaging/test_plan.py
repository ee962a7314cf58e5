"""A plan says everything an image needs, and can be stored as it is."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

import json

from ergon_ops.packaging.plan import Config, Copy, ImagePlan, Run, Stage, Unpack

PLAN = ImagePlan(
    "site",
    "web",
    (
        Stage("build", "node:20-slim", (Unpack("npm", ("package.json",), "/app", production=False), Run((("npm", "run", "build"),), "/app"))),
        Stage("image", "busybox:1.36", (Copy(("/app/dist",), "/srv/", stage="build"), Config(("httpd",), "/srv", ports=(8080,)))),
    ),
)  # fmt: skip


def test_the_last_stage_is_the_image_and_its_last_step_says_how_it_runs() -> None:
    assert PLAN.final.name == "image"
    assert PLAN.config.ports == (8080,)
    assert PLAN.config.user == "10001:10001"


def test_bases_are_images_from_elsewhere() -> None:
    more = ImagePlan("a", ".", (*PLAN.stages, Stage("last", "build", (Config(("x",), "/"),))))
    assert more.bases == ("node:20-slim", "busybox:1.36")


def test_a_plan_is_json_with_its_steps_in_order() -> None:
    told = json.loads(json.dumps(PLAN.to_json()))
    assert [step["step"] for stage in told["stages"] for step in stage["steps"]] == ["unpack", "run", "copy", "config"]
    assert [type(step).__name__ for _, step in PLAN.steps()] == ["Unpack", "Run", "Copy", "Config"]
