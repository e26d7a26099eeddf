"""Runs measurements several times over and writes what came of them: see scripts/bench."""

import argparse
import json
import os
import statistics
import sys

import measures
from world import ROOT


def flatten(result, prefix=""):
    """Every number by its path; lists, which are curves, are left out."""
    numbers = {}
    for name, value in result.items():
        if isinstance(value, dict):
            numbers.update(flatten(value, f"{prefix}{name}."))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            numbers[prefix + name] = value
    return numbers


def summarise(runs):
    """Of each number the median, the least and the most."""
    flat = [flatten(run) for run in runs]
    return {name: {"median": statistics.median(values), "min": min(values), "max": max(values)}
            for name in flat[0] for values in [[one[name] for one in flat]]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measures", nargs="*", help=f"of {', '.join(measures.ALL)}; all where none is named")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="less than 1: fewer logins, for a try")
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "bench"), help="folder for NAME.json")
    options = parser.parse_args()
    unknown = set(options.measures) - set(measures.ALL)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    os.makedirs(options.out, exist_ok=True)
    for name in options.measures or measures.ALL:
        runs = []
        for number in range(options.runs):
            print(f"{name}, run {number + 1} of {options.runs}", file=sys.stderr, flush=True)
            runs.append(measures.ALL[name](options.scale))
        summary = summarise(runs)
        with open(os.path.join(options.out, f"{name}.json"), "w") as file:
            json.dump({"scale": options.scale, "summary": summary, "runs": runs}, file, indent=1)
            file.write("\n")
        print(f"\n{name}: median of {options.runs}, least to most")
        for key, values in summary.items():
            print(f"  {key:50} {values['median']:14.6g}  {values['min']:.6g} to {values['max']:.6g}", flush=True)


if __name__ == "__main__":
    main()
