"""Draws the requests per second of all servers."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.catalogue import INKLING
from benchmarks.peers.results import Row
from benchmarks.peers.rounds import CONNECTIONS

INKLING_COLOUR, PEER_COLOUR = "#0b5fa5", "#9aa7b4"


def draw(rows: Sequence[Row], path: Path) -> None:
    """One panel of bars for each number of connections; the servers are in the order of their rates with 8
    connections."""
    import matplotlib.pyplot as plt

    rates = {(row.name, row.connections): row.rate for row in rows}
    names = sorted({row.name for row in rows}, key=lambda name: rates[name, 8])
    with plt.style.context("default"):
        figure, panels = plt.subplots(1, len(CONNECTIONS), figsize=(12, 0.4 * len(names) + 1.4), sharey=True)
        for axes, connections in zip(panels, CONNECTIONS, strict=True):
            values = [rates[name, connections] for name in names]
            colours = [INKLING_COLOUR if name.startswith(INKLING.title) else PEER_COLOUR for name in names]
            bars = axes.barh(names, values, color=colours)
            axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=3, fontsize=9)
            axes.set_xlim(0, 1.18 * max(values))
            axes.set_title(f"{connections} connection{'s' * (connections > 1)}", fontsize=11)
            axes.set_xlabel("requests per second")
            axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        figure.savefig(path, dpi=110, facecolor="white")
        plt.close(figure)
