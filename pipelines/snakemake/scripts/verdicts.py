"""Write one line a comparison: what was called, and the verdict.

Usage: verdicts.py RESULTS OUTPUT COMPARISON...
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from pathlib import Path

COLUMNS = ("comparison", "up", "down", "card", "signature", "mechanism", "driver", "evidence")


def summarize(folder: Path, comparison: str) -> dict[str, object]:
    """Return the line of one comparison, whose results are in ``folder/comparison``."""
    verdict = json.loads((folder / comparison / "signature" / "verdict.json").read_text("utf-8"))
    with (folder / comparison / "de" / "degs.tsv").open(encoding="utf-8", newline="") as stream:
        called = Counter(row["direction"] for row in csv.DictReader(stream, delimiter="\t"))
    return {
        "comparison": comparison,
        "up": called["up"],
        "down": called["down"],
        **{column: verdict[column] for column in COLUMNS[3:]},
    }


def main(folder: str, output: str, *comparisons: str) -> None:
    """Write the table of all comparisons, in their order."""
    with Path(output).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(summarize(Path(folder), name) for name in comparisons)


if __name__ == "__main__":
    main(*sys.argv[1:])
