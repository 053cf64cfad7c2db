"""Several threads at once: the same results, nothing printed, and the process left as it was."""

from __future__ import annotations

import ast
import logging
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from threadpoolctl import threadpool_info

import rnaseq_s6k1
from rnaseq_s6k1.process_wide import caught_warnings, one_blas_thread, only_errors

# What is run by itself in an interpreter whose threading layer is chosen by the environment.
SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numba
import rnaseq_s6k1 as s6k1
from rnaseq_s6k1.enrichment.sample_data import sample_data

sets = s6k1.read_gene_sets(["hallmark"])
counts = [s6k1.simulate_counts(n_genes=4000, seed=seed).adata for seed in range(4)]

def work(seed):
    result = s6k1.run_de(
        counts[seed], "~ condition", ("condition", "siS6K1", "siNC"), jobs=1 + seed % 2
    )
    ranking = s6k1.rank_genes(result.table)
    samples = sample_data(result, ranking)
    tested = s6k1.run_gsea(
        ranking, sets, samples=samples, rotations=999, permutations=1000, jobs=2
    )
    return result.table, tested.table

alone = [work(seed) for seed in range(4)]
with ThreadPoolExecutor(4) as pool:
    together = list(pool.map(work, range(4)))
for one, other in zip(alone, together, strict=True):
    assert one[0].equals(other[0]), "the genes differ"
    assert one[1].equals(other[1]), "the gene sets differ"
sys.stdout.write(numba.threading_layer())
"""


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["workqueue", "omp"])
def test_four_threads_give_what_one_after_another_gives(layer, absent):
    root = Path(rnaseq_s6k1.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env=os.environ | {"NUMBA_THREADING_LAYER": layer, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if layer == "omp" and "No threading layer could be loaded" in done.stderr:
        absent("this machine has no OpenMP library (libgomp)")
    assert done.returncode == 0, done.stderr
    assert done.stdout == layer


def blas_threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def overlapping(hold) -> None:
    """Hold something in two threads of which the first to come is the first to go."""
    barrier = Barrier(2, timeout=30)

    def first() -> None:
        with hold():
            barrier.wait()
        barrier.wait()

    def second() -> None:
        barrier.wait()
        with hold():
            barrier.wait()

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(first), pool.submit(second)]:
            future.result()


def test_the_linear_algebra_gets_its_threads_back():
    before = blas_threads()
    overlapping(one_blas_thread)
    assert blas_threads() == before
    with one_blas_thread():
        assert set(blas_threads()) == {1}
        with one_blas_thread():
            pass
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_a_logger_gets_its_level_back():
    logger = logging.getLogger("rnaseq_s6k1.a_test")
    logger.setLevel(logging.INFO)
    overlapping(lambda: only_errors(logger.name))
    assert logger.level == logging.INFO
    with only_errors(logger.name):
        assert logger.level == logging.ERROR


def test_warnings_are_caught_and_the_filters_put_back():
    before = list(warnings.filters)

    def warn(_: int) -> int:
        with caught_warnings("always") as caught:
            warnings.warn("here", stacklevel=1)
            return len(caught)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(warn, range(50))) == [1] * 50
    assert warnings.filters == before


def modules() -> list[Path]:
    package = Path(rnaseq_s6k1.__file__).parent
    return sorted(path for path in package.rglob("*.py") if "cli" not in path.parts)


def test_the_library_prints_nothing_and_writes_to_no_stream():
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            printed = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
            stream = isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr")
            if printed or stream:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


def test_the_library_has_no_global_statement_and_configures_no_logging():
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = getattr(getattr(node, "func", None), "attr", "")
            # The record of a run listens for warnings while it is open.
            listens = called == "addHandler" and path.name != "provenance.py"
            if isinstance(node, ast.Global) or called == "basicConfig" or listens:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []
