"""Logs: files that do not grow without a bound."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import Site, Wish, optimization
from ergon_ops.facts import Fact
from ergon_ops.proposals import Intent

SIZE, FILES = "10m", "3"


@optimization(
    "LOG-ROT",
    kinds=("recreate",),
    purpose="hygiene",
    source="docs.docker.com, configure logging drivers: json-file keeps everything",
    formula="max-size 10m, max-file 3",
    needs=("state", "config"),
    cures=("log_flood_unrotated", "no_log_rotation", "log_driver_failed"),
)
def rotation(site: Site) -> Iterator[Wish]:
    """Bound the log file of a container whose json-file log grows for ever."""
    driver = site.fact("log_driver")
    if driver is not None and site.finding is not None and site.finding.cause == "log_driver_failed":
        yield _other_driver(site, driver)
        return
    if driver is None or driver.value != "json-file" or site.fact("log_option", "max-size") is not None:
        return
    if site.finding is None and not site.running:
        return
    others = {fact.key: str(fact.value) for fact in site.all("log_option") if fact.value is not None}
    if any("‹" in value for value in others.values()):
        yield site.withheld("recreate", "an option of its log looks like a secret", rule="LOG-ROT", why=(driver,))
        return
    options = {**others, "max-size": SIZE, "max-file": FILES}
    yield site.intent(
        "recreate",
        {"patch": {"log": {"driver": "json-file", "options": options}}},
        rule="LOG-ROT",
        why=(driver, *site.all("log_option")),
        formula=f"at most {FILES} files of {SIZE}; now no bound",
        note="The log of before stays with the former container. For all containers of the host: log-opts in"
        " daemon.json.",
        risk="medium",
    )


def _other_driver(site: Site, driver: Fact) -> Intent:
    return site.intent(
        "recreate",
        {"patch": {"log": {"driver": "json-file", "options": {"max-size": SIZE, "max-file": FILES}}}},
        rule="LOG-ROT",
        why=(driver,),
        formula=f"{driver.value} -> json-file, at most {FILES} files of {SIZE}",
        note="Its log stays on this host then; the driver it had needs its server or plugin to be mended.",
        risk="medium",
    )
