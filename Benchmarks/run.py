#!/usr/bin/env python3
"""Measures Millrace and what it is compared with, in alternation, and prints Markdown tables; see README.md."""

import argparse
import json
import os
import signal
import sys

sys.dont_write_bytecode = True

from harness import report  # noqa: E402
from harness.processes import MeasurementFailed  # noqa: E402
from harness.workbench import build_tools  # noqa: E402
from scenarios import ALL  # noqa: E402

EXIT_USAGE, EXIT_UNAVAILABLE = 64, 69


def read_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(ALL)}; default: all")
    parser.add_argument("--runs", type=int, default=None, help="runs of each leg; default 3, with --quick 1")
    parser.add_argument("--quick", action="store_true", help="few records: shows that it works, measures nothing")
    parser.add_argument("--records", type=int, default=None, help="readings per run, instead of the scenario's own")
    parser.add_argument("--legs", action="append", default=[], metavar="WORDS",
                        help="only legs whose name contains this; may be repeated")
    parser.add_argument("--peers-only", action="store_true", help="leave Millrace out")
    parser.add_argument("--millrace", default=".build/release/millrace", help="the agent; default %(default)s")
    parser.add_argument("--append", default=".build/release/millrace-bench", help="the log and framing alone; "
                        "default %(default)s")
    parser.add_argument("--directory", default=".build/bench", help="where logs and state go: a folder on the disk "
                        "that is meant, not tmpfs; default %(default)s")
    parser.add_argument("--keep", action="store_true", help="keep each run's folder")
    parser.add_argument("--json", metavar="FILE", help="write all figures of all runs there")
    parser.add_argument("--write-readme", action="store_true", help="put the tables into README.md")
    setup = parser.parse_args()
    unknown = [name for name in setup.scenarios if name not in ALL]
    if unknown or (setup.runs is not None and setup.runs < 1):
        parser.exit(EXIT_USAGE, f"no such scenario: {', '.join(unknown) or '--runs below 1'}; there are "
                    f"{', '.join(ALL)}\n")
    if setup.quick and setup.write_readme:
        parser.exit(EXIT_USAGE, "--quick measures nothing that belongs into README.md\n")
    setup.runs = setup.runs or (1 if setup.quick else 3)
    setup.directory, setup.millrace, setup.append = map(
        os.path.abspath, (setup.directory, setup.millrace, setup.append))
    setup.tools = os.path.join(setup.directory, "tools")
    return setup


def chosen_legs(setup, scenario):
    """The legs to run; ends the program when one needs a binary that is not there."""
    legs = [leg for leg, needs_millrace in scenario.LEGS.items()
            if not (needs_millrace and setup.peers_only)
            and (not setup.legs or any(words in leg for words in setup.legs))]
    binary = setup.append if scenario.NAME in ("append", "decoding", "framing", "status") else setup.millrace
    if any(scenario.LEGS[leg] for leg in legs) and not os.access(binary, os.X_OK):
        print(f"{scenario.NAME} needs {binary}, which is not there: run `make build` first, or leave Millrace out "
              "with --peers-only", file=sys.stderr)
        sys.exit(EXIT_UNAVAILABLE)
    return legs


def run_scenario(setup, scenario, legs):
    """All runs of a scenario, leg after leg in each round, so that a change of the machine meets all of them."""
    count = setup.records or scenario.records(setup)
    runs = {leg: [] for leg in legs}
    for number in range(setup.runs):
        for leg in legs:
            print(f"{scenario.NAME}: {leg}, run {number + 1} of {setup.runs}", end="", file=sys.stderr, flush=True)
            try:
                runs[leg].append(scenario.measure(setup, leg, count))
            except MeasurementFailed as failure:
                print(f": failed: {failure}", file=sys.stderr)
                continue
            brief = [column.heading + " " + column.cell(runs[leg][-1]) for column in scenario.COLUMNS
                     if column.key in runs[leg][-1]]
            print(": " + ", ".join(brief), file=sys.stderr)
    return count, runs


def rows_of(scenario, runs):
    """The median of each leg, each beside the scenario's baseline where it was measured."""
    rows = {leg: report.medians(results) for leg, results in runs.items() if results}
    leg, key = scenario.BASELINE or (None, None)
    if leg in rows:
        for values in rows.values():
            values["ratio"] = values[key] / rows[leg][key]
    return rows


def main():
    """Runs the chosen scenarios; exits with 1 when any run could not be counted."""
    setup = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    scenarios = [ALL[name] for name in setup.scenarios or ALL]
    plan = [(scenario, legs) for scenario in scenarios if (legs := chosen_legs(setup, scenario))]
    build_tools(setup.tools)
    facts = report.environment(setup)
    everything = {"environment": facts, "scenarios": {}}
    print(report.environment_line(facts))
    is_complete = True
    for scenario, legs in plan:
        count, runs = run_scenario(setup, scenario, legs)
        rows = rows_of(scenario, runs)
        is_complete = is_complete and all(len(results) == setup.runs for results in runs.values())
        table = report.table(scenario.COLUMNS, rows)
        unit = getattr(scenario, "UNIT", "records")
        print(f"\n## {scenario.TITLE}\n\n{count:,} {unit}, medians of {setup.runs}\n\n{table}", flush=True)
        everything["scenarios"][scenario.NAME] = {"records": count, "medians": rows, "runs": runs}
        if setup.write_readme:
            report.write_readme(scenario.NAME, f"{count:,} {unit}, medians of {setup.runs}.\n"
                                f"{report.environment_line(facts)}\n\n{table}")
    if setup.json:
        with open(setup.json, "w", encoding="utf-8") as file:
            json.dump(everything, file, indent=2)
    return 0 if is_complete else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
