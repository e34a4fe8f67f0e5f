"""Goals as people read them."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table


def goal_tables(goal: Mapping[str, float] | Sequence[Mapping[str, float]]) -> RenderableType:
    """A goal, or one after another those of several hidden layers."""
    if isinstance(goal, Mapping):
        return goal_table(goal) if goal else "The network's hidden layers have no goals."
    return Group(
        *(part for layer, own in enumerate(goal, start=1) for part in (f"Hidden layer {layer}", goal_table(own)))
    )


def goal_table(goal: Mapping[str, float]) -> Table:
    """A goal term by term, with a bar for each weight in [−1, 1]."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("term", no_wrap=True)
    table.add_column("weight", justify="right")
    table.add_column("bar", no_wrap=True)
    for term, weight in goal.items():
        length = round(abs(weight) * 10)
        left, right = (" " * (10 - length) + "█" * length, "") if weight < 0 else ("", "█" * length)
        table.add_row(term, f"{weight:+.4f}", f"[red]{left:10}[/red]│[green]{right:10}[/green]")
    return table
