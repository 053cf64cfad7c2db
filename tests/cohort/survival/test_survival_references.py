"""Against R's survival 3.5.3: curves, medians, means, log-rank, Cox, proportional hazards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.cohort.survival.covariates import code_covariates, strata_codes
from rnaseq_s6k1.cohort.survival.cox import fit_cox
from rnaseq_s6k1.cohort.survival.curves import kaplan_meier, restricted_mean
from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints
from rnaseq_s6k1.cohort.survival.groups import Groups, groups_of_column
from rnaseq_s6k1.cohort.survival.logrank import log_rank
from rnaseq_s6k1.cohort.survival.partial_likelihood import fit_many, risk_sets
from rnaseq_s6k1.cohort.survival.run import run_survival

DATA = Path(__file__).parent / "data"
MODELS = {
    "arm": (["arm"], []),
    "arm_age_site": (["arm", "age", "site"], []),
    "score_age": (["score", "age"], []),
    "arm_age_strata_site": (["arm", "age"], ["site"]),
    "score": (["score"], []),
}


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(
        DATA / f"survival_{name}.tsv", sep="\t", keep_default_na=False, na_values="NA"
    )


def _outcome(patients: pd.DataFrame, endpoint: str) -> tuple[np.ndarray, np.ndarray]:
    return (
        patients[f"{endpoint}.time"].to_numpy(dtype=float),
        patients[endpoint].to_numpy() == 1,
    )


@pytest.mark.parametrize("endpoint", ["OS", "PFI"])
@pytest.mark.parametrize("arm", ["A", "B", "C"])
def test_curves_medians_and_means_are_rs(patients, endpoint, arm):
    time, event = _outcome(patients[patients["arm"] == arm], endpoint)
    ours = kaplan_meier(time, event)
    theirs = _read("curves").query("endpoint == @endpoint and group == @arm")
    table = ours.table[ours.table["time"] > 0].reset_index(drop=True)
    np.testing.assert_array_equal(table["time"], theirs["time"])
    for name in ("n_risk", "n_event", "n_censored"):
        np.testing.assert_array_equal(table[name], theirs[name])
    np.testing.assert_allclose(table["survival"], theirs["survival"], rtol=1e-12, atol=1e-15)
    for name in ("ci_low", "ci_high"):
        # R has no interval where survival is still 1; ours is 1 there.
        known = theirs[name].notna().to_numpy()
        np.testing.assert_allclose(table[name][known], theirs[name][known], rtol=1e-10)
        assert ((table["survival"][~known] == 1) | table[name][~known].isna()).all()
    row = _read("groups").query("endpoint == @endpoint and group == @arm").iloc[0]
    np.testing.assert_allclose(
        [ours.median, ours.median_low, ours.median_high],
        [row["median"], row["median_low"], row["median_high"]],
    )
    mean = restricted_mean(ours, 20.0)
    assert mean.mean == pytest.approx(row["rmst"], rel=1e-12)
    assert mean.se == pytest.approx(row["rmst_se"], rel=1e-12)


def test_log_rank_is_rs_plain_and_stratified(patients):
    for row in _read("logrank").itertuples():
        kept = patients[patients["arm"].isin(row.set.split(","))]
        time, event = _outcome(kept, row.endpoint)
        group = pd.factorize(kept["arm"], sort=True)[0].astype(np.intp)
        strata = None if row.strata == "none" else strata_codes(kept, ["site"])[0]
        ours = log_rank(time, event, group, strata)
        assert ours.df == row.df
        assert ours.chisq == pytest.approx(row.chisq, rel=1e-10)
        assert ours.pvalue == pytest.approx(row.pvalue, rel=1e-9)


@pytest.mark.parametrize("endpoint", ["OS", "PFI"])
@pytest.mark.parametrize("model", list(MODELS))
def test_cox_models_and_proportional_hazards_are_rs(patients, endpoint, model):
    covariates, strata = MODELS[model]
    time, event = _outcome(patients, endpoint)
    codes = strata_codes(patients, strata)[0] if strata else None
    columns = code_covariates(patients, covariates).columns
    ours = fit_cox(columns, time, event, codes)
    theirs = _read("cox").query("endpoint == @endpoint and model == @model")
    assert [name.replace("[", "").replace("]", "") for name in ours.terms["term"]] == list(
        theirs["term"]
    )
    for name in ("HR", "ci_low", "ci_high", "se", "pvalue", "ph_chisq", "ph_p"):
        np.testing.assert_allclose(ours.terms[name], theirs[name], rtol=1e-9, err_msg=name)
    row = theirs.iloc[0]
    assert (ours.n, ours.n_events) == (row["n"], row["events"])
    assert ours.ph_global_p == pytest.approx(row["ph_global_p"], rel=1e-9)
    assert ours.log_likelihood == pytest.approx(row["log_likelihood"], abs=1e-9)
    assert ours.concordance == pytest.approx(row["concordance"], abs=1e-9)
    # In a batch, as random signatures are fitted, it is the same model.
    sets = risk_sets(time, event, np.zeros(len(time), dtype=np.intp) if codes is None else codes)
    batch = fit_many(columns.to_numpy()[:, None, :], sets)
    assert batch.converged.all()
    np.testing.assert_allclose(np.exp(batch.beta[0]), theirs["HR"], rtol=1e-10)
    np.testing.assert_allclose(batch.se[0], theirs["se"], rtol=1e-10)
    assert batch.log_likelihood[0] == pytest.approx(row["log_likelihood"], abs=1e-10)


@pytest.mark.parametrize("strata", [[], ["site"]])
def test_lifelines_agrees(patients, strata):
    from lifelines import CoxPHFitter
    from lifelines.utils import concordance_index

    time, event = _outcome(patients, "OS")
    columns = code_covariates(patients, ["age", "score"]).columns
    codes = strata_codes(patients, strata)[0] if strata else None
    ours = fit_cox(columns, time, event, codes)
    table = columns.assign(time=time, event=event)
    if strata:
        table["site"] = codes
    theirs = CoxPHFitter().fit(
        table,
        "time",
        "event",
        strata=strata or None,
        fit_options={"precision": 1e-20, "r_precision": 0.0, "max_steps": 200},
    )
    np.testing.assert_allclose(ours.terms["log_hr"], theirs.params_, rtol=1e-7)
    np.testing.assert_allclose(ours.terms["se"], theirs.standard_errors_, rtol=1e-7)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_)
    if not strata:
        risk = columns.to_numpy() @ ours.terms["log_hr"].to_numpy()
        assert ours.concordance == pytest.approx(concordance_index(time, -risk, event))
        assert ours.ratio_pvalue == pytest.approx(theirs.log_likelihood_ratio_test().p_value)


def test_nearly_one_covariate_has_its_maximum_all_the_same(patients):
    """Two covariates correlated to 0.99999: the estimate turned into sum and difference."""
    time, event = _outcome(patients, "OS")
    x = patients["score"].to_numpy()
    noise = patients["age"].to_numpy() / 1000
    near = fit_cox(pd.DataFrame({"a": x, "b": x + noise}), time, event)
    far = fit_cox(pd.DataFrame({"x": x, "noise": noise}), time, event)
    assert near.log_likelihood == pytest.approx(far.log_likelihood, abs=1e-9)
    assert near.terms["log_hr"][1] == pytest.approx(far.terms["log_hr"][1], rel=1e-6)
    assert near.terms["log_hr"].sum() == pytest.approx(far.terms["log_hr"][0], rel=1e-6)


@pytest.mark.shared_data
def test_tcga_is_rs(shared):
    folder = shared / "data" / "tcga_brca_115"
    clinical = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0)
    labels = pd.read_csv(folder / "tertile_ER_design.tsv", sep="\t", index_col=0)["group"]
    compared = {
        "tertile_high_v_low": Groups("RPS6KB1", labels, ("low", "high"), ""),
        "amplified_v_rest": groups_of_column(clinical, "RPS6KB1_gistic", target="2"),
    }
    endpoints = find_endpoints(clinical, ["OS", "PFI"])
    tables = {
        name: run_survival(clinical, endpoints, groups=groups, covariates=["ER"]).table
        for name, groups in compared.items()
    }
    reference = pd.read_csv(folder / "r_survival_3.5.3_reference.tsv", sep="\t")
    assert len(reference) == 4
    for row in reference.to_dict("records"):
        table = tables[row["groups"]].set_index(["endpoint", "model"])
        plain, adjusted = (table.loc[(row["endpoint"], one)] for one in ("unadjusted", "adjusted"))
        assert (plain["n"], plain["events"]) == (row["n"], row["events"])
        expected = {
            "logrank_chisq": row["logrank_chisq"],
            "logrank_p": row["logrank_p"],
            "HR": row["HR"],
            "ci_low": row["lower"],
            "ci_high": row["upper"],
            "pvalue": row["p"],
        }
        for name, value in expected.items():
            assert plain[name] == pytest.approx(value, rel=1e-6), (row["endpoint"], name)
        for name, value in (
            ("HR", "HR"),
            ("ci_low", "lower"),
            ("ci_high", "upper"),
            ("pvalue", "p"),
        ):
            assert adjusted[name] == pytest.approx(row[f"{value}_ER_adjusted"], rel=1e-6)
