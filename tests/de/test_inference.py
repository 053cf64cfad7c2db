"""FastInference against PyDESeq2's DefaultInference, method by method and from end to end."""

from __future__ import annotations

import inspect
import warnings

import anndata
import numpy as np
import pandas as pd
import pytest
from pydeseq2.dds import DeseqDataSet
from pydeseq2.default_inference import DefaultInference
from pydeseq2.ds import DeseqStats
from pydeseq2.inference import Inference
from pydeseq2.utils import nb_nll, nbinomFn
from scipy.stats import spearmanr
from threadpoolctl import threadpool_limits

from rnaseq_s6k1.de.inference import FastInference
from rnaseq_s6k1.errors import DataError, UsageError

N_GENES = 120
MIN_DISP, MAX_DISP = 1e-8, 20.0

# Design formula, samples, and the coefficient of the tests.
DESIGNS = {
    "two groups": ("~ group", 8, "group[T.b]"),
    "two factors": ("~ batch + group", 12, "group[T.b]"),
    "continuous": ("~ group + age", 10, "age"),
    "many samples": ("~ group", 210, "group[T.b]"),
}
FEW = [name for name in DESIGNS if name != "many samples"]


class Case:
    """Simulated counts and what PyDESeq2's classes would hand to the methods."""

    def __init__(self, name: str) -> None:
        self.formula, n, self.coefficient = DESIGNS[name]
        rng = np.random.default_rng(len(name))
        # Samples of a group do not lie side by side.
        self.samples = pd.DataFrame(
            {
                "group": np.tile(["a", "b"], n // 2),
                "batch": np.repeat(["x", "y", "z"], [n // 3, n // 3, n - 2 * (n // 3)]),
                "age": rng.normal(size=n),
            },
            index=[f"s{i}" for i in range(n)],
        )
        is_b = (self.samples["group"] == "b").to_numpy(float)[:, None]
        self.size_factors = rng.uniform(0.7, 1.4, size=n)
        base = rng.lognormal(4.5, 1.6, size=N_GENES)
        effect = np.where(np.arange(N_GENES) % 4 == 0, rng.normal(0, 1.2, N_GENES), 0.0)
        means = self.size_factors[:, None] * base * np.exp(is_b * effect)
        size = 1 / (0.03 + 1.5 / base) * rng.lognormal(0, 0.3, N_GENES)
        self.counts = rng.negative_binomial(size, size / (size + means))
        self.counts[:, 0] = np.arange(n) % 5
        self.counts[is_b[:, 0] > 0, 1] = 0  # one group without counts
        self.counts[:, 1] += (is_b[:, 0] == 0).astype(int)
        self.size = size
        dummies = {"Intercept": np.ones(n), "group[T.b]": is_b[:, 0]}
        if "batch" in self.formula:
            dummies |= {b: (self.samples["batch"] == b).to_numpy(float) for b in ("y", "z")}
        if "age" in self.formula:
            dummies["age"] = self.samples["age"].to_numpy()
        self.design = pd.DataFrame(dummies, index=self.samples.index)
        self.matrix = self.design.to_numpy()
        self.which = self.design.columns.get_loc(self.coefficient)

    @property
    def normed(self) -> np.ndarray:
        return self.counts / self.size_factors[:, None]


@pytest.fixture(scope="module", params=list(DESIGNS))
def case(request) -> Case:
    return Case(request.param)


@pytest.fixture(scope="module", params=FEW)
def small_case(request) -> Case:
    return Case(request.param)


def both(method: str, **arguments):
    """Call one method of both classes; only PyDESeq2 may warn."""
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        warnings.simplefilter("ignore")
        expected = getattr(DefaultInference(n_cpus=1), method)(**arguments)
    return getattr(FastInference(n_cpus=2), method)(**arguments), expected


def assert_same_shapes(found, expected) -> None:
    assert [np.shape(x) for x in found] == [np.shape(x) for x in expected]


def test_every_method_has_the_arguments_of_pydeseq2():
    for name, method in inspect.getmembers(Inference, inspect.isfunction):
        ours = inspect.signature(getattr(FastInference, name)).parameters
        theirs = inspect.signature(method).parameters
        assert list(ours) == list(theirs)
        assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]


def test_lin_reg_mu(case):
    found, expected = both(
        "lin_reg_mu",
        counts=case.counts,
        size_factors=case.size_factors,
        design_matrix=case.matrix,
        min_mu=0.5,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_irls(case):
    found, expected = both(
        "irls",
        counts=case.counts,
        size_factors=case.size_factors,
        design_matrix=case.matrix,
        disp=1 / case.size,
        min_mu=0.5,
        beta_tol=1e-8,
    )
    assert_same_shapes(found, expected)
    for ours, theirs in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(found[3], expected[3])


@pytest.mark.parametrize("limits", [{"maxiter": 2}, {"max_beta": 3.0, "min_beta": -3.0}])
def test_irls_that_fails_goes_to_the_optimiser(limits):
    case = Case("two factors")
    found, expected = both(
        "irls",
        counts=case.counts,
        size_factors=case.size_factors,
        design_matrix=case.matrix,
        disp=1 / case.size,
        min_mu=0.5,
        beta_tol=1e-8,
        **limits,
    )
    settled = FastInference().irls(
        case.counts, case.size_factors, case.matrix, 1 / case.size, 0.5, 1e-8
    )[0]
    # The limits matter: some genes end elsewhere than without them.
    assert (found[0] != settled).any()
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def dispersion_arguments(case: Case) -> dict:
    inference = FastInference()
    rough = inference.fit_rough_dispersions(case.normed, case.matrix)
    start = np.clip(np.minimum(rough, 1 / case.size), 1e-4, 10)
    mu = inference.irls(case.counts, case.size_factors, case.matrix, start, 0.5, 1e-8)[1]
    return {
        "counts": case.counts,
        "design_matrix": case.matrix,
        "mu": mu,
        "alpha_hat": start,
        "min_disp": MIN_DISP,
        "max_disp": MAX_DISP,
    }


@pytest.mark.parametrize(
    "options",
    [{}, {"cr_reg": False}, {"prior_reg": True, "prior_disp_var": 0.6}],
    ids=["likelihood", "without Cox-Reid", "posterior"],
)
def test_alpha_mle(case, options):
    arguments = dispersion_arguments(case) | options
    found, expected = both("alpha_mle", **arguments)
    assert_same_shapes(found, expected)
    assert found[1].dtype == bool
    assert found[1].all()
    both_converged = np.asarray(expected[1], dtype=bool)
    assert both_converged.mean() > 0.95
    # Below, rounding errors of PyDESeq2's log Gammas move the place where it stops.
    inner = both_converged & (expected[0] > 1e-5)
    assert inner.mean() > 0.8
    difference = np.abs(np.log(found[0] / expected[0]))[inner]
    assert (difference < 1e-3).mean() > 0.98
    # With few samples even the place where L-BFGS-B stops is found.
    if len(case.matrix) < 200:
        assert (difference < 1e-5).mean() > 0.98


def test_alpha_mle_keeps_a_flat_start_as_l_bfgs_b_does():
    case = Case("two groups")
    arguments = dispersion_arguments(case)
    arguments["alpha_hat"] = np.full(N_GENES, MIN_DISP)
    found, expected = both("alpha_mle", **arguments)
    # With more counts, and where its line search fails, PyDESeq2's rounding errors decide.
    low = (case.counts.mean(axis=0) < 50) & expected[1]
    assert low.sum() > 20
    np.testing.assert_allclose(found[0][low], expected[0][low], rtol=1e-4)
    assert (found[0][low] < 1.01 * MIN_DISP).any()
    assert (found[0][~low] > 0.001).any()


def test_alpha_mle_maximises_with_many_samples():
    case = Case("many samples")
    arguments = dispersion_arguments(case)
    found, _ = FastInference().alpha_mle(**arguments, cr_reg=False)
    for g in range(2, N_GENES, 10):
        y, mu = case.counts[:, g], arguments["mu"][:, g]
        here = nb_nll(y, mu, found[g])
        assert here <= nb_nll(y, mu, found[g] * 1.01)
        assert here <= nb_nll(y, mu, found[g] * 0.99)


@pytest.mark.parametrize("alternative", [None, "greaterAbs", "lessAbs", "greater", "less"])
@pytest.mark.parametrize("null", [0.0, 0.4])
def test_wald_test(alternative, null):
    case = Case("two factors")
    inference = FastInference()
    lfc, mu, _, _ = inference.irls(
        case.counts, case.size_factors, case.matrix, 1 / case.size, 0.5, 1e-8
    )
    disp = 1 / case.size
    # As PyDESeq2 hands genes without counts over.
    lfc[5], mu[:, 5], disp[5] = np.nan, np.nan, np.nan
    for contrast in ([0, 1, 0, 0], [0, 1, -0.5, 0.25]):
        found, expected = both(
            "wald_test",
            design_matrix=case.matrix,
            disp=disp,
            lfc=lfc,
            mu=mu,
            ridge_factor=np.diag(np.full(4, 1e-6)),
            contrast=np.array(contrast, dtype=float),
            lfc_null=null,
            alt_hypothesis=alternative,
        )
        assert_same_shapes(found, expected)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-300)


def test_moment_dispersions(case):
    found, expected = both(
        "fit_rough_dispersions", normed_counts=case.normed, design_matrix=case.matrix
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    found, expected = both(
        "fit_moments_dispersions", normed_counts=case.normed, size_factors=case.size_factors
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_rough_dispersions_need_replicates():
    with pytest.raises(ValueError, match="there are no replicates"):
        FastInference().fit_rough_dispersions(np.ones((2, 3)), np.array([[1.0, 0], [1, 1]]))


def test_trend():
    rng = np.random.default_rng(4)
    covariates = pd.Series(1 / rng.lognormal(4, 1, 500))
    targets = (0.05 + 2 * covariates) * rng.gamma(3, 1 / 3, 500)
    found, expected = both("dispersion_trend_gamma_glm", covariates=covariates, targets=targets)
    assert found[2] is True
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], found[0][0] + found[0][1] * covariates, rtol=1e-12)


def test_shrinkage(small_case):
    case = small_case
    prior = {"prior_no_shrink_scale": 15, "prior_scale": 0.3, "shrink_index": case.which}
    common = {"size": case.size, "offset": np.log(case.size_factors)}
    found, expected = both(
        "lfc_shrink_nbinom_glm",
        design_matrix=case.matrix,
        counts=case.counts,
        optimizer="L-BFGS-B",
        **common,
        **prior,
    )
    assert_same_shapes(found, expected)
    beta, inverse_hessian, converged = found
    assert converged.all()
    assert (np.abs(beta - expected[0])[:, case.which] < 1e-3).mean() >= 0.95

    for g in range(N_GENES):

        def loss(b, g=g):
            return nbinomFn(
                b, case.matrix, case.counts[:, g], case.size[g], common["offset"], **prior
            )

        # Never a worse mode than PyDESeq2's.
        at = loss(beta[g])
        assert at <= loss(expected[0][g]) + 1e-9 * abs(at)
        if g % 20 == 0:
            np.testing.assert_allclose(
                np.linalg.inv(inverse_hessian[g]), differences(loss, beta[g]), rtol=1e-2, atol=0.05
            )


def differences(loss, at, step=1e-3):
    """Second derivatives by central differences."""
    unit = step * np.eye(len(at))
    return np.array(
        [
            [
                loss(at + u + v) - loss(at + u - v) - loss(at - u + v) + loss(at - u - v)
                for u in unit
            ]
            for v in unit
        ]
    ) / (4 * step * step)


def run(case: Case, inference) -> tuple[DeseqStats, pd.DataFrame]:
    """Take the whole road of PyDESeq2, shrinkage too."""
    adata = anndata.AnnData(
        case.counts, obs=case.samples, var=pd.DataFrame(index=[f"g{i}" for i in range(N_GENES)])
    )
    adata.X[:, 7] = 0
    adata.X[3, 9] = 500_000  # replaced and refitted where there are seven replicates
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        warnings.simplefilter("ignore")
        dds = DeseqDataSet(adata=adata, design=case.design, inference=inference, quiet=True)
        dds.deseq2()
        contrast = np.zeros(case.matrix.shape[1])
        contrast[case.which] = 1
        stats = DeseqStats(dds, contrast=contrast, inference=inference, quiet=True)
        stats.summary()
        table = stats.results_df.copy()
        stats.lfc_shrink(case.coefficient)
    return stats, table


def test_the_whole_road(case):
    fast, found = run(case, FastInference(n_cpus=2))
    default, expected = run(case, DefaultInference(n_cpus=1))
    refitted = fast.dds.var["replaced"]
    assert refitted.any() == (len(case.matrix) > 200)
    assert refitted.equals(default.dds.var["replaced"])
    assert found["pvalue"].isna().equals(expected["pvalue"].isna())
    assert found["padj"].isna().equals(expected["padj"].isna())
    difference = (found["log2FoldChange"] - expected["log2FoldChange"]).abs().dropna()
    assert len(difference) == N_GENES - 1
    assert (difference < 1e-3).mean() >= 0.99
    tested = expected["pvalue"].notna()
    assert spearmanr(found["pvalue"][tested], expected["pvalue"][tested]).statistic > 0.999
    np.testing.assert_array_equal(found["padj"] < 0.05, expected["padj"] < 0.05)
    shrunk = (fast.LFC - default.LFC)[case.coefficient].abs().dropna()
    assert (shrunk < 1e-3).mean() >= 0.95


def test_threads_change_nothing():
    case = Case("two factors")
    _, one = run(case, FastInference(n_cpus=1))
    _, two = run(case, FastInference(n_cpus=2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_pydeseq2_sets_the_threads():
    case = Case("two groups")
    inference = FastInference()
    assert inference.n_cpus == 1
    DeseqDataSet(
        adata=anndata.AnnData(case.counts, obs=case.samples),
        design=case.design,
        n_cpus=2,
        inference=inference,
        quiet=True,
    )
    assert inference.n_cpus == 2
    inference.n_cpus = None
    assert inference.n_cpus >= 1


@pytest.mark.parametrize("n_cpus", [0, -1, 1.5, True, "2"])
def test_refuses_a_number_of_threads(n_cpus):
    with pytest.raises(UsageError, match=r"n_cpus is .*; give a whole number of 1 or more"):
        FastInference(n_cpus=n_cpus)


def test_refuses_what_it_does_not_know():
    case = Case("two groups")
    fast = FastInference()
    ones = np.ones(N_GENES)
    with pytest.raises(UsageError, match="unknown optimizer 'Adam'; give one of BFGS, L-BFGS-B"):
        fast.irls(case.counts, case.size_factors, case.matrix, ones, 0.5, 1e-8, optimizer="Adam")
    with pytest.raises(UsageError, match="prior_reg needs prior_disp_var"):
        fast.alpha_mle(
            case.counts, case.matrix, case.counts + 1.0, ones, MIN_DISP, MAX_DISP, prior_reg=True
        )
    with pytest.raises(UsageError, match="unknown alternative 'both'; give greaterAbs"):
        fast.wald_test(
            case.matrix, ones, np.ones((N_GENES, 2)), case.counts + 1.0, np.eye(2) * 1e-6,
            np.array([0.0, 1]), 0.0, "both",
        )  # fmt: skip
    with pytest.raises(DataError, match="counts must be whole numbers"):
        fast.irls(case.counts + 0.5, case.size_factors, case.matrix, ones, 0.5, 1e-8)


def test_counts_may_be_large_or_whole_floats():
    case = Case("two groups")
    alpha = np.full(N_GENES, 0.1)
    arguments = (case.size_factors, case.matrix, alpha, 0.5, 1e-8)
    fast = FastInference()
    usual = fast.irls(case.counts, *arguments)
    for ours, theirs in zip(fast.irls(case.counts.astype(float), *arguments), usual, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    large = case.counts.copy()
    large[:, 3] = 2**33 + np.arange(len(large))
    beta = fast.irls(large, *arguments)[0]
    np.testing.assert_array_equal(np.delete(beta, 3, axis=0), np.delete(usual[0], 3, axis=0))
    assert beta[3, 0] == pytest.approx(np.log(2**33), abs=0.3)
