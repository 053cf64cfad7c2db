"""Sample names from the paths that aligners and counters leave in their output."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["name_samples"]

_BAM_ENDINGS = re.compile(
    r"(\.(bam|sam|cram)|[._-]?Aligned(\.sortedByCoord|\.toTranscriptome)?(\.out)?"
    r"|[._-](sorted|sort|sortedByCoord|markdup|markduplicates|dedup|marked|rmdup|filtered|umi_dedup)"
    r"|\.out)\Z",
    re.IGNORECASE,
)
_COUNT_ENDINGS = re.compile(
    r"(\.(gz|txt|tsv|csv|tab|dat|out)|[._-]?ReadsPerGene"
    r"|[._-](htseq([._-]?counts?)?|gene[._-]?counts?|counts?))\Z",
    re.IGNORECASE,
)


def name_samples(paths: Sequence[str]) -> list[str]:
    """Give each path the shortest name that still tells the samples apart.

    The file name without folder and technical endings (``.bam``, ``.sorted``,
    ``Aligned.sortedByCoord.out``, ``.counts.txt``) where those differ; else the name of the
    folder (``sampleA/accepted_hits.bam``); else the path as written.

    Parameters
    ----------
    paths
        Paths as written, with either kind of slash.

    Returns
    -------
    list of str
        One name a path, in order.
    """
    parts = [[part for part in re.split(r"[\\/]", path) if part] for path in paths]
    names = [_without_endings(part[-1]) if part else "" for part in parts]
    if len(set(names)) == len(names) and all(names):
        return names
    folders = [part[-2] if len(part) > 1 else "" for part in parts]
    if len(set(folders)) == len(folders) and all(folders):
        return folders
    return list(paths)


def _without_endings(name: str) -> str:
    # Technical endings pile up ("s1.sorted.markdup.bam"), so strip until none is left.
    for pattern in (_BAM_ENDINGS, _COUNT_ENDINGS):
        while (shorter := pattern.sub("", name)) != name and shorter:
            name = shorter
    return name
