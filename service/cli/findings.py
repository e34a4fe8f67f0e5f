"""What an analysis found, as people read it."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from service.cli.output import percent

BAR = 8
"""Characters of the longest bar: with the numbers, a line fits into 80."""


def findings_table(found: Mapping[str, Any]) -> Table:
    """A line for the goal that all are compared with, and one for each variant that is trained."""
    of_trials = found["kind"] == "confirmation"
    table = Table(box=None, pad_edge=False)
    table.add_column("goal", no_wrap=True)
    titles = ("searched", "accuracy", "95 % interval", "change") if of_trials else ("γ", "accuracy", "change", "95 %")
    for title in titles:
        table.add_column(title, no_wrap=True, justify="right")
    trained = [each for each in found["variants"] if each["state"] != "not trained"]
    longest = max((abs(each["change"]["mean"]) for each in trained if each["change"]), default=0.0)
    if not of_trials:
        table.add_column("", no_wrap=True)
    for each in (found["baseline"], *trained):
        change = _mean(each["change"], "+.2f")
        label = Text(each["label"])
        if of_trials:
            accuracy = each["validation_accuracy"]
            table.add_row(label, percent(each["searched"]), _accuracy(each), _interval(accuracy, ".2f"), change)
        else:
            before = "" if each["before"] is None else f"{each['before']:+.3f}"
            bar = _bar(each["change"], longest)
            table.add_row(label, before, _accuracy(each), change, _interval(each["change"], "+.2f"), bar)
    return table


def notes(found: Mapping[str, Any]) -> Iterator[str]:
    """What to know of the table, in sentences."""
    if any(each["change"] for each in found["variants"]):
        yield "Changes are in percentage points, ± their standard error; intervals are Student's, of the mean."
    if found["kind"] == "cumulative_zeroing":
        yield "Each line has all weights above it set to zero too."
    said: dict[str, list[str]] = {}
    for each in (found["baseline"], *found["variants"]):
        for why in (each["note"], each["reason"]):
            if why:
                said.setdefault(f"{each['state'].capitalize()}, {why}", []).append(each["label"])
    for note, labels in said.items():
        yield f"{note}: {', '.join(labels)}."


def _accuracy(each: Mapping[str, Any]) -> Text:
    accuracy = each["validation_accuracy"]
    return Text(each["state"], style="dim") if accuracy is None else Text(percent(accuracy["mean"]))


def _mean(statistics: Mapping[str, Any] | None, digits: str) -> str:
    if statistics is None:
        return ""
    error = statistics["standard_error"]
    return f"{100 * statistics['mean']:{digits}}" + ("" if error is None else f" ± {100 * error:.2f}")


def _interval(statistics: Mapping[str, Any] | None, digits: str) -> Text:
    ends = [] if statistics is None else statistics["t_interval"] or []
    return Text(f"[{', '.join(f'{100 * end:{digits}}' for end in ends)}]" if ends else "")


def _bar(change: Mapping[str, Any] | None, longest: float) -> Text:
    if change is None or longest == 0:
        return Text()
    length = round(BAR * abs(change["mean"]) / longest)
    return Text("█" * length, style="red" if change["mean"] < 0 else "green")
