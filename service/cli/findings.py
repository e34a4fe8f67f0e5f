"""What an analysis found, as people read it."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from service.cli.output import percent

BAR = 8
"""Characters of the longest bar: with the numbers, a line fits into 80."""


def findings_table(found: Mapping[str, Any]) -> Table:
    """A line for the goal that all are compared with, and one for each variant, with a bar for its change."""
    of_trials = found["kind"] == "confirmation"
    table = Table(box=None, pad_edge=False)
    table.add_column("goal", no_wrap=True)
    for title in ("searched" if of_trials else "γ", "accuracy", "change", "95 % interval"):
        table.add_column(title, no_wrap=True, justify="right")
    table.add_column("", no_wrap=True)
    longest = max((abs(each["change"]["mean"]) for each in found["variants"] if each["change"]), default=0.0)
    for each in (found["baseline"], *found["variants"]):
        before = "" if each["before"] is None else f"{each['before']:+.3f}"
        given = percent(each["searched"]) if of_trials else before
        table.add_row(Text(each["label"]), given, *_numbers(each), _bar(each["change"], longest))
    return table


def _numbers(each: Mapping[str, Any]) -> tuple[str, Text, Text]:
    accuracy, change = each["validation_accuracy"], each["change"]
    if accuracy is None:
        return "", Text(each["state"], style="dim"), Text(each["note"] or "", style="dim")
    if change is None:
        return percent(accuracy["mean"]), Text(), Text()
    error = "" if change["standard_error"] is None else f" ± {100 * change['standard_error']:.2f}"
    ends = [f"{100 * end:+.2f}" for end in change["t_interval"] or ()]
    interval = f"[{', '.join(ends)}]" if ends else ""
    return percent(accuracy["mean"]), Text(f"{100 * change['mean']:+.2f}{error}"), Text(interval)


def _bar(change: Mapping[str, Any] | None, longest: float) -> Text:
    if change is None or longest == 0:
        return Text()
    length = round(BAR * abs(change["mean"]) / longest)
    return Text("█" * length, style="red" if change["mean"] < 0 else "green")
