"""`make faults`: every fault of the catalogue is made for real on the engine, diagnosed, scored and removed."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence

import tests.faults.families  # noqa: F401  (declares the scenarios)
from tests.faults import mitigation, report
from tests.faults.bench import JOBS, Bench, Result
from tests.faults.scenario import SCENARIOS, Scenario


def main(arguments: Sequence[str]) -> int:
    options = parsed(arguments)
    chosen = [item for item in SCENARIOS.values() if not options.only or wanted(item, options.only)]
    if options.list or not (chosen or options.mitigate):
        for item in chosen:
            print(f"{item.id:14} {item.tier} {item.family:12} {item.what}")
        return 0 if chosen else 2
    if options.mitigate:
        return mitigation.main(os.environ["DOCKER_HOST"], options.seed, options.only, jobs=options.jobs)
    began = time.monotonic()
    bench = Bench(os.environ["DOCKER_HOST"], options.seed, options.jobs)
    results: list[Result] = []
    try:
        for round in range(options.repeat):
            for result in bench.results(chosen, round=round):
                results.append(result)
                say(result, time.monotonic() - began)
    except KeyboardInterrupt:
        print("faults: stopped; what was made is removed", file=sys.stderr)
        return 130
    if options.json:
        print(json.dumps(report.to_json(results), indent=1))
    else:
        print(
            "\n".join(
                [*report.failing(results), *report.noted(results), "", *report.tables(results, rounds=options.repeat)]
            )
        )
        print("\n".join(f"SHORT: {line}" for line in report.shortfalls(results)))
    return 1 if report.shortfalls(results) else 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("--seed", default="1", help="what names, ports, sizes and programs are drawn from")
    parser.add_argument("--only", action="append", default=[], help="an id, a family, or a tier; may be repeated")
    parser.add_argument("--repeat", type=int, default=1, help="rounds, each with other names: pass^N and flips")
    parser.add_argument("--jobs", type=int, default=JOBS, help="scenarios at a time")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--mitigate", action="store_true", help="mend what can be mended, and take it back")
    parser.add_argument("--list", action="store_true", help="only list the scenarios")
    return parser.parse_args(arguments)


def wanted(item: Scenario, only: Sequence[str]) -> bool:
    words = {word for text in only for word in text.split(",")}
    return bool({item.id, item.id.split("-")[0], item.family, item.tier} & words)


def say(result: Result, at: float) -> None:
    mark = "ok" if result.score.passed else ("NOT INJECTED" if result.error else "--")
    line = f"faults: {at:5.0f} s  {result.id:14} {mark} {result.score.points:.0f} ({result.took_s:.0f} s)"
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
