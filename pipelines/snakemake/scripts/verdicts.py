"""Write one line a comparison: what was called, and the verdict. Run by the rule verdicts."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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


def main(folder: Path, output: Path, comparisons: Sequence[str]) -> None:
    """Write the table of all comparisons, in their order."""
    with output.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(summarize(folder, name) for name in comparisons)


if "snakemake" in globals():
    job: Any = globals()["snakemake"]
    main(Path(job.params.folder), Path(job.output[0]), job.params.names)
    message = f"{len(job.params.names)} comparisons written to {job.output[0]}\n"
    Path(job.log[0]).write_text(message, encoding="utf-8")
