"""Options of the gene-set tests: which sets, how they are scored, and which tests are run."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import typer

from rnaseq_s6k1.errors import UsageError

__all__ = [
    "DEFAULT_PRERANK",
    "DEFAULT_TESTS",
    "PrerankOptions",
    "SampleTestOptions",
    "SetOptions",
    "TestChoice",
]


#: Tests that ``--also`` adds.
_FURTHER = ("camera", "fry")


class FdrByChoice(StrEnum):
    """Choices of ``--fdr-by``."""

    call = "call"
    collection = "collection"


class MethodChoice(StrEnum):
    """Choices of ``--method``."""

    importance = "importance"
    multilevel = "multilevel"


class TestChoice(StrEnum):
    """Choices of ``--test``."""

    auto = "auto"
    prerank = "prerank"
    rotation = "rotation"
    both = "both"
    phenotype = "phenotype"


class ScoreTypeChoice(StrEnum):
    """Choices of ``--score-type``."""

    std = "std"
    pos = "pos"
    neg = "neg"


@dataclass(frozen=True)
class SetOptions:
    """Which gene sets are tested."""

    gene_sets: Annotated[
        list[str],
        typer.Option(
            metavar="NAME|FILE",
            help="Collection, GMT or GMX file; repeatable.  [default: hallmark, kegg_cell_cycle]",
            show_default=False,
        ),
    ] = field(default_factory=list)
    min_size: Annotated[int, typer.Option(min=1, help="Fewest genes of a set.")] = 15
    max_size: Annotated[int, typer.Option(min=1, help="Most genes of a set.")] = 500
    fdr_by: Annotated[
        FdrByChoice, typer.Option(help="FDR family: the whole call, or each collection.")
    ] = FdrByChoice.call

    def check(self) -> None:
        """Refuse several names in one, and bounds out of order, before any work.

        Raises
        ------
        UsageError
            If a name holds a comma and is no file, or the largest size is below the smallest.
        """
        if self.min_size > self.max_size:
            raise UsageError(f"--min-size {self.min_size} is above --max-size {self.max_size}")
        for name in self.gene_sets:
            if "," in name and not os.path.exists(name):
                raise UsageError(
                    f"--gene-sets {name[:80]}: one name or file each; repeat the option for more"
                )

    @property
    def collections(self) -> list[str]:
        """The collections asked for, or the default ones."""
        return list(self.gene_sets) or ["hallmark", "kegg_cell_cycle"]


@dataclass(frozen=True)
class PrerankOptions:
    """How the preranked test scores and draws, and what is written besides our own table."""

    permutations: Annotated[
        int | None,
        typer.Option(
            min=100,
            help="Random sets of the preranked test's plain stage.  [default: the method's own]",
            show_default=False,
        ),
    ] = None
    broad_report: Annotated[
        bool,
        typer.Option(
            "--broad-report", help="Also write the Broad GSEA program's report files (broad/)."
        ),
    ] = False
    method: Annotated[
        MethodChoice, typer.Option(help="importance, or gseapy's multilevel as a second opinion.")
    ] = MethodChoice.importance
    weight: Annotated[
        float, typer.Option(help="Exponent of the statistic in the running sum: 0, 1, 1.5, 2.")
    ] = 1.0
    score_type: Annotated[
        ScoreTypeChoice, typer.Option(help="std: both ends of the ranking; pos or neg: one only.")
    ] = ScoreTypeChoice.std

    def check(self) -> None:
        """Refuse an exponent that is not to be had, and scores that a method does not test.

        Raises
        ------
        UsageError
            If the exponent is not between 0 and 2, or multilevel is asked for one end.
        """
        if not 0 <= self.weight <= 2:
            raise UsageError(
                f"--weight must lie between 0 and 2, not {self.weight:g}; 1 is the usual one, 0 "
                "counts all genes of a set alike"
            )
        if self.method is MethodChoice.multilevel and self.score_type is not ScoreTypeChoice.std:
            raise UsageError(
                f"--method multilevel tests both ends only, not --score-type "
                f"{self.score_type.value}; use --method importance"
            )


#: What the preranked test does unless asked.
DEFAULT_PRERANK = PrerankOptions()


@dataclass(frozen=True)
class SampleTestOptions:
    """Which tests are run, and how the samples are rotated."""

    test: Annotated[
        TestChoice,
        typer.Option(
            help="prerank samples genes, rotation keeps their correlation; auto: both where the "
            "samples are at hand; phenotype: both, and labels permuted within strata of the "
            "covariates, for cohorts."
        ),
    ] = TestChoice.auto
    rotations: Annotated[
        int,
        typer.Option(min=99, help="Most rotations of a set; those of small p get more of them."),
    ] = 99_999
    also: Annotated[
        list[str],
        typer.Option(
            metavar="camera,fry",
            help="Further tests as columns: camera (competitive), fry (self-contained).",
            show_default=False,
        ),
    ] = field(default_factory=list)

    trend: Annotated[
        bool, typer.Option("--trend", help="Rotation: variances are squeezed to a trend.")
    ] = False
    robust: Annotated[
        bool, typer.Option("--robust", help="Rotation: outlying variances are squeezed less.")
    ] = False

    @property
    def also_names(self) -> list[str]:
        """The further tests by name, each once.

        Raises
        ------
        UsageError
            If there is no such test.
        """
        names = [name.strip() for given in self.also for name in given.split(",") if name.strip()]
        unknown = [name for name in names if name not in _FURTHER]
        if unknown:
            raise UsageError(f"--also takes {' and '.join(_FURTHER)}, not {unknown[0][:40]!r}")
        return list(dict.fromkeys(names))


#: Which tests are run unless asked.
DEFAULT_TESTS = SampleTestOptions()
