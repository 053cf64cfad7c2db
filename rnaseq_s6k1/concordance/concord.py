r"""Whether one differential-expression result agrees with another one or reverses it.

The answer rests on one statistic chosen beforehand, Spearman's correlation of the genes'
statistics; the other lines are evidence beside it. It *agrees* or *reverses* where the correlation
is at least `margin` in size and the rotation p-value is below `alpha`; where both results have
their samples, each is rotated with the other one fixed, and the larger p-value counts. It is
*unrelated* where the 90 % interval :math:`\rho \pm 1.645\, s`, with the rotations' spread *s*
(the larger of both), lies within the margin: the two one-sided tests of equivalence at 0.05. Else
it is *undecided*.

With tables alone nothing is decided: every p-value that can be had from them treats genes as
independent, and unrelated contrasts of tumours then correlate at p = 0. What the tables show is
described. Nor is anything decided where both results share samples, whose noise moves both
statistics the same way (or, as a reference of one and a target of the other, opposite ways).
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from rnaseq_s6k1.concordance.evidence import CalledSets, called_sets, evidence_lines
from rnaseq_s6k1.concordance.matching import MatchedGenes, match_genes
from rnaseq_s6k1.concordance.nulls import FixedResult, RotationNull, rotation_null
from rnaseq_s6k1.concordance.result import ConcordResult, Evidence, Verdict
from rnaseq_s6k1.concordance.rotations import contrast_space
from rnaseq_s6k1.concordance.rrho import rrho_table
from rnaseq_s6k1.de.refit import experiment_design
from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.errors import S6K1Error, UsageError

__all__ = ["run_concord"]

logger = logging.getLogger(__name__)

_Z95 = 1.6448536269514722


def run_concord(
    a: DEResult,
    b: DEResult,
    *,
    names: tuple[str, str] = ("A", "B"),
    alpha: float = 0.05,
    margin: float = 0.1,
    rotations: int = 999,
    seed: int = 0,
    jobs: int = 1,
) -> ConcordResult:
    """Compare two results.

    Parameters
    ----------
    a, b
        The results; rotations need their samples (``experiment``). The answer says what `a`
        does to what `b` does.
    names
        What to call them.
    alpha
        Level of the tests.
    margin
        Correlations smaller than this count as none.
    rotations
        Random contrasts of each experiment; the smallest p-value is 1/(rotations + 1).
    seed, jobs
        Seed of the draws; cores of the gene-set tests.

    Raises
    ------
    UsageError
        If `margin` or `rotations` are out of range.
    DataError
        See `match_genes`.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> again = s6k1.simulate_counts(n_genes=3000, seed=1).adata
    >>> other = s6k1.run_de(again, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> found = s6k1.run_concord(result, other, rotations=99)
    >>> found.leaning
    'agrees'
    """
    if not 0 < margin < 1:
        raise UsageError(f"--margin is a correlation between 0 and 1, not {margin:g}")
    if rotations < 1 / alpha - 1:
        raise UsageError(
            f"{rotations} rotations cannot give a p-value below {alpha:g}; use at least "
            f"{int(np.ceil(1 / alpha))}"
        )
    matched = match_genes(a, b)
    genes = matched.table
    sets = {side: called_sets(genes, side) for side in ("a", "b")}
    genes = genes.assign(agreement=_agreement(sets))
    shared = _shared_samples(a, b, genes)
    nulls = {} if shared else _rotate(a, b, genes, sets, rotations, seed)
    rrho = rrho_table(genes["stat_a"].to_numpy(float), genes["stat_b"].to_numpy(float))
    lines = evidence_lines(genes, sets, nulls, _peaks(rrho), alpha=alpha, seed=seed, jobs=jobs)
    rho = lines.iloc[0]
    spread = max((null.spread("rho") for null in nulls.values()), default=float("nan"))
    evidence: Evidence = "shared samples" if shared else "rotation" if nulls else "descriptive"
    verdict = _decide(rho, nulls, spread, alpha, margin)
    facts = {
        "a": _facts(a, names[0]),
        "b": _facts(b, names[1]),
        "genes": len(genes),
        "matched_by": matched.by,
        "alpha": alpha,
        "margin": margin,
        "rotations": rotations if nulls else 0,
        "null_spread": spread if np.isfinite(spread) else None,
        "shared_samples": shared,
        "refitted_rho": {side: null.observed.rho for side, null in sorted(nulls.items())},
    }
    return ConcordResult(
        verdict=verdict,
        leaning="agrees" if rho["estimate"] >= 0 else "reverses",
        evidence=evidence,
        sentence=_sentence(verdict, evidence, rho, matched, names, margin, spread, shared),
        lines=lines,
        genes=genes,
        rrho=rrho,
        nulls=nulls,
        facts=facts,
    )


def _agreement(sets: dict[str, CalledSets]) -> np.ndarray:
    a, b = sets["a"].called.astype(int), sets["b"].called.astype(int)
    conditions = [a * b > 0, a * b < 0, a != 0, b != 0]
    return np.select(conditions, ["same", "opposite", "only_a", "only_b"], "neither").astype(object)


def _shared_samples(a: DEResult, b: DEResult, genes: pd.DataFrame) -> int:
    """Count samples of A with the very counts of a sample of B."""
    seen = []
    for result, side in ((a, "a"), (b, "b")):
        if result.experiment is None:
            return 0
        columns = result.experiment.var_names.get_indexer(pd.Index(genes[f"gene_id_{side}"]))
        if (columns < 0).any():
            return 0
        counts = np.asarray(result.experiment.X)[:, columns].astype(np.int64)
        seen.append([row.tobytes() for row in counts])
    return len(set(seen[0]) & set(seen[1]))


def _rotate(
    a: DEResult,
    b: DEResult,
    genes: pd.DataFrame,
    sets: dict[str, CalledSets],
    rotations: int,
    seed: int,
) -> dict[str, RotationNull]:
    """Rotate each result that has its samples, the other one fixed."""
    nulls = {}
    for number, (side, other, result) in enumerate((("a", "b", a), ("b", "a", b))):
        if result.experiment is None:
            continue
        try:
            design = experiment_design(result)
            expression = result.vst()[genes[f"gene_id_{side}"].tolist()].to_numpy(dtype=float)
            space = contrast_space(expression, design.matrix.to_numpy(), design.contrast_vector)
        except S6K1Error as error:
            logger.warning("%s is not rotated: %s", side.upper(), error)
            continue
        held = sets[other]
        fixed = FixedResult.of(
            genes[f"stat_{other}"].to_numpy(dtype=float), held.called, held.up, held.down
        )
        nulls[side] = rotation_null(
            space, fixed, n_called=sets[side].n_called, rotations=rotations, seed=(seed, number)
        )
    return nulls


def _peaks(rrho: pd.DataFrame) -> tuple[float, float]:
    strength = -rrho["log10_pvalue"]
    agreeing = rrho["quadrant"].isin(("up_up", "down_down"))
    return (
        float(strength[agreeing].max()) if agreeing.any() else 0.0,
        float(strength[~agreeing].max()) if (~agreeing).any() else 0.0,
    )


def _decide(
    rho: pd.Series, nulls: dict[str, RotationNull], spread: float, alpha: float, margin: float
) -> Verdict:
    if not nulls:
        return "undecided"
    estimate = float(rho["estimate"])
    signs = {float(np.sign(null.observed.rho)) for null in nulls.values()}
    if (
        rho["rotation_pvalue"] < alpha
        and abs(estimate) >= margin
        and signs == {float(np.sign(estimate))}
    ):
        return "agrees" if estimate > 0 else "reverses"
    if abs(estimate) + _Z95 * spread < margin:
        return "unrelated"
    return "undecided"


def _sentence(
    verdict: Verdict,
    evidence: Evidence,
    rho: pd.Series,
    matched: MatchedGenes,
    names: tuple[str, str],
    margin: float,
    spread: float,
    shared: int,
) -> str:
    estimate = float(rho["estimate"])
    what = {
        "agrees": f"{names[0]} does what {names[1]} does",
        "reverses": f"{names[0]} reverses what {names[1]} does",
        "unrelated": f"{names[0]} is unrelated to {names[1]}",
        "undecided": f"It is undecided whether {names[0]} agrees with {names[1]} or reverses it",
    }[verdict]
    found = (
        f"Spearman's correlation of the statistics is {estimate:.2f} over {len(matched.table):,} "
        "genes"
    )
    if evidence == "shared samples":
        why = (
            f"{shared} samples are in both results, which by itself makes their statistics alike "
            "or opposite"
        )
    elif evidence == "descriptive":
        why = (
            "a description only: without the samples nothing tells what correlated genes do by "
            "chance"
        )
    else:
        why = (
            f"rotation p = {rho['rotation_pvalue']:.2g}; 95 % of rotated contrasts lie between "
            f"{rho['null_low']:.2f} and {rho['null_high']:.2f}"
        )
        if verdict == "unrelated":
            why += (
                f", and the 90 % interval of {estimate - _Z95 * spread:.2f} to "
                f"{estimate + _Z95 * spread:.2f} lies within {margin:g} of none"
            )
    return f"{what}: {found} ({why})"


def _facts(result: DEResult, name: str) -> dict[str, object]:
    contrast, parameters = result.contrast, result.parameters
    return {
        "name": name,
        "target": contrast.target if contrast else None,
        "reference": contrast.reference if contrast else None,
        "design": parameters.design or None,
        "n_target": parameters.n_target or None,
        "n_reference": parameters.n_reference or None,
        "up": result.n_up,
        "down": result.n_down,
        "split_gene": parameters.split_gene or None,
    }
