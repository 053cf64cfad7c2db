"""The planted signature: which genes move, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from rnaseq_s6k1.errors import UsageError

__all__ = ["CORE_SETS", "S6K1_KNOCKDOWN", "PlantedSignature", "Program", "plant"]

#: The gene sets of the S6K1 claim; their genes are in every simulation and share a factor.
CORE_SETS = (
    "HALLMARK_E2F_TARGETS",
    "HALLMARK_G2M_CHECKPOINT",
    "HALLMARK_MYC_TARGETS_V2",
    "HALLMARK_MYC_TARGETS_V1",
    "KEGG_CELL_CYCLE",
)
#: A gene is planted as changed where its true fold change passes two-fold.
_TWO_FOLD = 1.0
#: A planted gene is expressed: counts below this mean are too few to call it at 3 v 3.
_MIN_PLANTED_MEAN = 60.0
#: The members of a programme that go against it do so by little.
_MOST_AGAINST = 0.3


@dataclass(frozen=True)
class Program:
    """The true log2 fold changes of a gene set: normal, with this mean and standard deviation."""

    gene_set: str
    mean: float
    sd: float


@dataclass(frozen=True)
class PlantedSignature:
    """What a simulated perturbation does.

    Attributes
    ----------
    name
        How it is called in the parameters.
    driver
        The gene that is perturbed.
    driver_log2fc
        Its true log2 fold change; -2 is a quarter of the control.
    details
        Single genes and their true log2 fold changes; 0 is exactly unchanged.
    programs
        Shifted gene sets; a gene in several follows the first.
    n_up, n_down
        Genes with a true abs(log2 fold change) above 1, members of programmes, driver and
        details included.
    n_moderate_up, n_moderate_down
        Further genes with a true abs(log2 fold change) between 0.2 and 1.
    tail
        Mean excess over 1 of the planted abs(log2 fold changes), which is exponential.
    """

    name: str
    driver: str = "RPS6KB1"
    driver_log2fc: float = -2.0
    details: Mapping[str, float] = field(default_factory=dict)
    programs: tuple[Program, ...] = ()
    n_up: int = 0
    n_down: int = 0
    n_moderate_up: int = 0
    n_moderate_down: int = 0
    tail: float = 0.5

    def without_driver(self) -> PlantedSignature:
        """Give the same signature with the driver unmoved: another cause, the same consequence."""
        return replace(self, name=f"{self.name}, driver unmoved", driver_log2fc=0.0)


#: Knock-down of S6K1 in MCF-7 as Mo et al. (Mol Cancer 2022, 21:171) report it: 486 genes up, 340
#: down; E2F and MYC targets and the cell cycle down (their figure 5); cyclin E1 mRNA down and
#: c-Myc mRNA unchanged (figure S3I-J). How far the sets move is not in the paper: spreads follow
#: the T47D lines of GSE89888 when they lose estradiol (WT, R DESeq2 1.38.3), where the quartiles
#: of log2 fold changes are E2F -0.42, -0.88, -1.34; G2M -0.21, -0.70, -1.23; MYC V2 -0.48, -0.64,
#: -0.84; MYC V1 -0.21, -0.40, -0.63; KEGG cell cycle 0.03, -0.35, -1.14. The driver and cyclin E1
#: are set: a quarter of the control is a usual knock-down.
S6K1_KNOCKDOWN = PlantedSignature(
    name="siS6K1",
    details={"CCNE1": -1.2, "MYC": 0.0},
    programs=(
        Program("HALLMARK_E2F_TARGETS", -0.80, 0.40),
        Program("HALLMARK_G2M_CHECKPOINT", -0.65, 0.40),
        Program("HALLMARK_MYC_TARGETS_V2", -0.64, 0.27),
        Program("HALLMARK_MYC_TARGETS_V1", -0.42, 0.30),
        Program("KEGG_CELL_CYCLE", -0.40, 0.45),
    ),
    n_up=486,
    n_down=340,
    n_moderate_up=500,
    n_moderate_down=150,
)


def plant(
    signature: PlantedSignature | None,
    genes: np.ndarray,
    means: np.ndarray,
    members: Mapping[str, tuple[str, ...]],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the true fold changes.

    Parameters
    ----------
    signature
        What to plant; None for nothing.
    genes
        Gene symbols, shape ``(n_genes,)``.
    means
        Mean counts in the reference group, shape ``(n_genes,)``.
    members
        Genes of each core set that are among `genes`.
    rng
        Source of randomness.

    Returns
    -------
    log2_fold_changes : numpy.ndarray
        Target over reference, shape ``(n_genes,)``.
    roles : numpy.ndarray
        ``driver``, ``detail``, ``program``, ``up``, ``down``, ``moderate_up``,
        ``moderate_down`` or ``background``, shape ``(n_genes,)``.

    Raises
    ------
    UsageError
        If a gene or set of the signature is unknown, or there are too few expressed genes.
    """
    effects, roles = np.zeros(len(genes)), np.full(len(genes), "background", dtype=object)
    if signature is None:
        return effects, roles
    row_of = {gene: row for row, gene in enumerate(genes)}
    _plant_programs(signature, effects, roles, row_of, members, rng)
    single = {**signature.details, signature.driver: signature.driver_log2fc}
    for gene, effect in single.items():
        if gene not in row_of:
            raise UsageError(f"gene {gene[:40]!r} of the signature is not among the simulated ones")
        effects[row_of[gene]] = effect
        roles[row_of[gene]] = "driver" if gene == signature.driver else "detail"
    _plant_others(signature, effects, roles, means, rng)
    return effects, roles


def _plant_programs(
    signature: PlantedSignature,
    effects: np.ndarray,
    roles: np.ndarray,
    row_of: Mapping[str, int],
    members: Mapping[str, tuple[str, ...]],
    rng: np.random.Generator,
) -> None:
    for program in signature.programs:
        if program.gene_set not in members:
            raise UsageError(
                f"gene set {program.gene_set[:60]!r} of the signature is not a core set; "
                f"choose from {', '.join(sorted(members))}"
            )
        for gene in sorted(members[program.gene_set]):
            row = row_of[gene]
            if roles[row] != "program":
                drawn = rng.normal(program.mean, program.sd)
                against = -np.sign(program.mean) * _MOST_AGAINST
                effects[row] = min(drawn, against) if program.mean < 0 else max(drawn, against)
                roles[row] = "program"


def _plant_others(
    signature: PlantedSignature,
    effects: np.ndarray,
    roles: np.ndarray,
    means: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Plant genes outside the programmes until the numbers of the signature are reached."""
    n_up = signature.n_up - int((effects > _TWO_FOLD).sum())
    n_down = signature.n_down - int((effects < -_TWO_FOLD).sum())
    free = np.flatnonzero((roles == "background") & (means >= _MIN_PLANTED_MEAN))
    sizes = (n_up, n_down, signature.n_moderate_up, signature.n_moderate_down)
    if min(sizes) < 0:
        raise UsageError(
            f"the programmes of {signature.name} alone move {signature.n_up - n_up} genes up and "
            f"{signature.n_down - n_down} down more than two-fold; raise n_up and n_down"
        )
    if sum(sizes) > len(free):
        raise UsageError(
            f"{signature.name} changes {sum(sizes)} genes outside its gene sets, but only "
            f"{len(free)} simulated ones have a mean of {_MIN_PLANTED_MEAN:g} or more; raise "
            "n_genes or the library size"
        )
    chosen = np.split(rng.permutation(free), np.cumsum(sizes))
    names = ("up", "down", "moderate_up", "moderate_down")
    for name, rows in zip(names, chosen[:4], strict=True):
        sign = 1.0 if name.endswith("up") else -1.0
        if name.startswith("moderate"):
            size = rng.uniform(0.2, _TWO_FOLD, len(rows))
        else:
            # 1 itself is not above 1: the exponential draw is never counted as such.
            size = np.nextafter(_TWO_FOLD, 2) + rng.exponential(signature.tail, len(rows))
        effects[rows], roles[rows] = sign * size, name
