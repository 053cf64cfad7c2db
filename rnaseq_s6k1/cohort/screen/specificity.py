"""The driver's place among genes like it, and what of it enters a verdict.

The null is real genes, and not the driver's own values permuted: real genes are correlated with
biology, above all with proliferation, and a split on almost any of them moves its gene sets. On
115 breast tumours (TCGA, tertiles, card ``s6k1-high``, adjusted for ER) the scores of 6,000 real
genes have a standard deviation of 6.7, those of 3,000 permuted drivers of 4.9, since random groups
differ in proliferation too, by chance alone. Against a driver's 200 nearest genes, 3,000 real
genes held out as drivers have uniform p (Kolmogorov and Smirnov's D = 0.016, p = .46; 5.1 % below
.05); permuted drivers have not (D = 0.056, p = 1e-8; 2.4 % below .05). The difference is one
of spread about the same middle, which that test sees poorly: among 100 permuted drivers it
rejects uniformity in 15 % of the draws only. A null of permutations would thus be too narrow, and
give real drivers p-values that are too small.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import clip, plural

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.design.contrast import Contrast

__all__ = ["EmpiricalP", "Specificity", "empirical_p", "groups_checksum"]

#: Scores closer than this are one score: they differ by the rounding of a mean only.
_TIE = 1e-9


@dataclass(frozen=True)
class EmpiricalP:
    """How often a background gene scores at least as high.

    Attributes
    ----------
    pvalue
        ``(b + 1) / (n + 1)``.
    ci_low, ci_high
        Exact 95 % interval (Clopper and Pearson 1934) of the share of such genes.
    n
        Background genes with a score.
    at_least
        Those that score at least as high as the driver, *b*.
    """

    pvalue: float
    ci_low: float
    ci_high: float
    n: int
    at_least: int


def empirical_p(score: float, background: Sequence[float]) -> EmpiricalP:
    """Compare a score with those of the background, one-sided: high is as claimed.

    Parameters
    ----------
    score
        Of the driver.
    background
        Of the background genes, none missing.
    """
    n = len(background)
    b = int((np.asarray(background, dtype=float) >= score - _TIE).sum())
    low, high = (0.0, 1.0) if n == 0 else binomtest(b, n).proportion_ci(0.95, method="exact")
    return EmpiricalP((b + 1) / (n + 1), float(low), float(high), n, b)


def groups_checksum(groups: Mapping[str, str]) -> str:
    """Give the SHA-256 of which samples are compared, and in which group, in whatever order."""
    lines = sorted(f"{sample}\t{group}\n" for sample, group in groups.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class Specificity:
    """What a screen says of its driver.

    Attributes
    ----------
    gene, gene_id
        The driver.
    card
        Name of the card whose core sets were scored.
    by, cut, within, covariates
        How the cohort was divided: by ``expression`` or ``copy number``; the cut is
        ``continuous`` where it was not.
    samples_high, samples_low, n_samples
        Sizes of the driver's groups, and of the cohort.
    groups_sha256
        Which samples were compared; see `groups_checksum`.
    score
        The driver's signed card score.
    set_scores
        Its signed z of each core set.
    pvalue, ci_low, ci_high, n, at_least
        Among all background genes; see `EmpiricalP`.
    without_card_genes
        The same without background genes that the card itself speaks of.
    rounds
        Sizes to which the background grew.
    unscored
        Background genes on which the cohort could not be split.
    amplicon_genes, amplicon_rank, amplicon_best, amplicon_best_score
        Genes of the driver's amplicon with a score, the driver among them; its rank; and the
        best of them. 0 and empty where no amplicon is known.
    """

    gene: str
    gene_id: str
    card: str
    by: str
    cut: str
    within: str
    covariates: tuple[str, ...]
    samples_high: int
    samples_low: int
    n_samples: int
    groups_sha256: str
    score: float
    set_scores: dict[str, float]
    pvalue: float
    ci_low: float
    ci_high: float
    n: int
    at_least: int
    without_card_genes: EmpiricalP
    rounds: tuple[int, ...]
    unscored: int
    amplicon_genes: int
    amplicon_rank: int
    amplicon_best: str
    amplicon_best_score: float

    @property
    def sentence(self) -> str:
        """The driver's place in words."""
        like, on = "mean and variance", "them"
        if self.by == "copy number":
            like, on = "mean, variance and number of altered samples", "their copy number"
        return (
            f"{self.at_least:,} of {self.n:,} genes of like {like} score at least as "
            f"high as {self.gene} on the card's core sets when the cohort is split on {on} "
            f"(p {self.pvalue:.2g}, 95 % CI {self.ci_low:.2g} to {self.ci_high:.2g})"
        )

    @property
    def amplicon_sentence(self) -> str:
        """The driver's place in its amplicon; empty where none is known."""
        if self.amplicon_genes < 2:
            return ""
        best = f"the best is {self.amplicon_best} ({self.amplicon_best_score:.2f})"
        if self.amplicon_rank == 1:
            best = "the best of them"
        return (
            f"{self.gene} ranks {self.amplicon_rank} of {self.amplicon_genes} genes of its "
            f"amplicon, {best}"
        )

    def verdict_sentence(self, alpha: float) -> str:
        """Say what this means for a claim judged at `alpha`."""
        if self.pvalue < alpha:
            meaning = f"few genes like {self.gene} do as well, so the claim is specific to it"
        else:
            meaning = f"the claim is not specific to {self.gene}"
        text = f" Screen: {self.sentence}: {meaning}"
        others = self.amplicon_rank - 1
        if others > 0 and self.amplicon_genes > 1:
            do = "does" if others == 1 else "do"
            text += f"; {plural(others, 'gene')} of its amplicon {do} better"
        return text + "."

    def mismatch(self, result: DEResult, card: str) -> str:
        """Say why this is not of a result and card; empty where it is.

        A screen of another gene, of other groups or another adjustment must not enter a verdict.
        """
        parameters, contrast = result.parameters, result.contrast
        if parameters.split_gene != self.gene_id:
            split = parameters.split_gene or "no gene"
            return f"it is of {self.gene}, and the groups are of {split}"
        if card != self.card:
            return f"it is of the card {self.card}"
        if result.experiment is None or contrast is None:
            return "the samples of the result are not known"
        if groups_checksum(_groups_of(result.experiment.obs, contrast)) != self.groups_sha256:
            return "its groups are other samples"
        asked = {*self.covariates, *([self.within] if self.within else [])}
        terms = parameters.design.lstrip("~ ").split(" + ")
        fitted = {_column(term) for term in terms} - {"", contrast.factor}
        if not contrast.factor:
            fitted -= {contrast.target}
        if fitted != {_column(term) for term in asked}:
            return f"it is adjusted for {', '.join(sorted(asked)) or 'nothing'}"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Return what ``specificity.json`` holds; missing numbers are None."""
        return {
            **{key: _json(value) for key, value in asdict(self).items()},
            "sentence": self.sentence,
            "amplicon_sentence": self.amplicon_sentence,
        }

    def write(self, path: Path) -> Path:
        """Write as JSON, atomically."""
        from rnaseq_s6k1.io.atomic import write_text

        text = json.dumps(self.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        write_text(path, text + "\n")
        return path

    @classmethod
    def read(cls, path: Path) -> Specificity:
        """Read what `write` wrote.

        Raises
        ------
        DataError
            If the file cannot be read as such.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            values = {field.name: content[field.name] for field in fields(cls)}
            nested = content["without_card_genes"]
            values["without_card_genes"] = EmpiricalP(
                **{field.name: nested[field.name] for field in fields(EmpiricalP)}
            )
            values["covariates"] = tuple(map(str, values["covariates"]))
            values["rounds"] = tuple(map(int, values["rounds"]))
            for name in ("pvalue", "ci_low", "ci_high"):
                if not 0 <= float(values[name]) <= 1:
                    raise ValueError(f"{name} is {values[name]}")
            for name in ("samples_high", "samples_low", "n", "at_least", "amplicon_rank"):
                values[name] = int(values[name])
            if values["amplicon_best_score"] is None:
                values["amplicon_best_score"] = math.nan
            return cls(**values)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(
                f"{path}: is not the result of a screen ({clip(error, 80)}); run "
                "`rnaseq-s6k1 screen` again, or delete it"
            ) from error


def _groups_of(obs: pd.DataFrame, contrast: Contrast) -> dict[str, str]:
    """Give the group of each sample compared; ``all`` where the contrast is of a coefficient."""
    names = [str(name) for name in obs.index]
    if not contrast.factor:
        return dict.fromkeys(names, "all")
    named = {contrast.target: "high", contrast.reference: "low"}
    levels = [str(level) for level in obs[contrast.factor]]
    return {name: named[level] for name, level in zip(names, levels, strict=True) if level in named}


def _column(term: str) -> str:
    """Take a term down to what it says of a column: ``C(`batch`)`` is ``batch``."""
    text = term.strip()
    if text.startswith("C(") and text.endswith(")"):
        text = text[2:-1]
    return text.strip("` ")


def _json(value: Any) -> Any:
    """JSON has neither NaN nor tuples."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
