"""From results to what people read: tables, and docs/performance.md with its charts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.plot import Points, chart

Results = Mapping[str, Any]

_HEAD = "| | floor | tijdig | ratio | rounds | at least | aim |"


def table(results: Results) -> str:
    """The comparisons as a table of Markdown."""
    lines = [
        "| | floor | tijdig | ratio | rounds | at least | aim |",
        "| --- | ---: | ---: | ---: | --- | ---: | ---: |",
    ]
    lines += [_line(each) for each in results["comparisons"]]
    return "\n".join(lines)


def _line(compared: Mapping[str, Any]) -> str:
    sweep = compared["trial"]["phase"] == "sweep"
    unit, measure = ("ms", _due_ms) if sweep else ("/s", _rate)
    floor, ours = ([measure(figures) for figures in compared[who]] for who in ("floor", "tijdig"))
    ratios = [b / a for a, b in zip(floor, ours, strict=True)]
    spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
    sign = "x" if sweep else ""
    return (f"| {compared['name']} (N = {compared['trial']['cases']:,}) | {median(floor):,.0f} {unit} "
            f"| {median(ours):,.0f} {unit} | **{median(ratios):.2f}** | {spread} "
            f"| {compared['least']:g}{sign} | {compared['aim']:g}{sign} |")  # fmt: skip


def _rate(figures: Mapping[str, Any]) -> float:
    return float(figures["rate"])


def _due_ms(figures: Mapping[str, Any]) -> float:
    return float(median(figures["due"])) * 1000


def _idle_ms(figures: Mapping[str, Any]) -> float:
    """The first one opens connections and prepares statements; it is no part of a rhythm."""
    return float(median(figures["idle"][1:])) * 1000


def _database_ms(figures: Mapping[str, Any]) -> float:
    return float(median(figures["in_database"][1:])) * 1000


def charts(results: Results) -> dict[str, str]:
    """The charts by file name."""
    open_cases, due_cases, workloads = (results["curves"][name] for name in ("open", "due", "workload"))
    made = {
        "performance-idle": chart("An idle sweep", "open cases", "ms", _idle_lines(open_cases)),
        "performance-open": chart("A sweep by open cases", "open cases", "ms", _lines(open_cases, "cases", _due_ms)),
    }
    if due_cases:
        lines = _lines(due_cases, "due", _due_ms)
        made["performance-due"] = chart("A sweep by due cases, 100,000 open", "due cases", "ms", lines)
    if workloads:
        lines = _lines(workloads, "cases", _rate)
        made["performance-workload"] = chart("The workload", "cases", "transitions a second", lines)
    return {f"{name}.svg": drawn for name, drawn in made.items()}


def _idle_lines(curve: Sequence[Mapping[str, Any]]) -> dict[str, Points]:
    ours = [(point["trial"]["cases"], _database_ms(point["tijdig"])) for point in curve]
    return _lines(curve, "cases", _idle_ms) | {"in statements": ours}


def _lines(curve: Sequence[Mapping[str, Any]], along: str, measure: Any) -> dict[str, Points]:
    return {who: [(point["trial"][along], measure(point[who])) for point in curve] for who in ("floor", "tijdig")}


def write(results: Results, folder: Path) -> None:
    """Write performance.md into a folder, with its charts and the results that it rests on."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    words = {"table": table(results), "idle": _idle_ms, "in_database": _database_ms, "due": _due_ms, "results": results}
    text = environment.get_template("performance.md.j2").render(words)
    (folder / "performance.md").write_text(text, encoding="utf-8")
    (folder / "performance.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for name, drawn in charts(results).items():
        (folder / name).write_text(drawn, encoding="utf-8")
