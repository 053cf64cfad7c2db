"""Where scores are computed: on the cores of this machine, or on a dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rnaseq_s6k1.cohort.screen.score import GeneScore, ScreenedGene, ScreenProblem, score_gene
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.wording import clip

__all__ = ["ScoreMany", "dask_scorer", "local_scorer", "score_chunk"]

#: Scores genes, in whatever order they are finished.
ScoreMany = Callable[[Sequence[ScreenedGene]], Iterator[GeneScore]]

#: Genes that travel to a worker together: enough to outweigh the message, few enough to show
#: progress.
_CHUNK = 8
_CONNECT_SECONDS = 20


@contextmanager
def local_scorer(problem: ScreenProblem, jobs: int = 1) -> Iterator[ScoreMany]:
    """Score on `jobs` threads of this machine.

    The work is matrix products and sorting, for which threads run side by side. The linear
    algebra itself keeps to one thread, so that its sums do not depend on the number of cores.
    """
    from joblib import Parallel, delayed

    from rnaseq_s6k1.process_wide import one_blas_thread

    def score(genes: Sequence[ScreenedGene]) -> Iterator[GeneScore]:
        with one_blas_thread():
            if jobs == 1 or len(genes) < 2:
                yield from (score_gene(problem, gene) for gene in genes)
                return
            pool = Parallel(n_jobs=jobs, prefer="threads", return_as="generator_unordered")
            yield from pool(delayed(score_gene)(problem, gene) for gene in genes)

    yield score


def score_chunk(problem: ScreenProblem, genes: Sequence[ScreenedGene]) -> list[GeneScore]:
    """Score some genes, with the linear algebra on one thread; what a dask worker runs."""
    from rnaseq_s6k1.process_wide import one_blas_thread

    with one_blas_thread():
        return [score_gene(problem, gene) for gene in genes]


@contextmanager
def dask_scorer(problem: ScreenProblem, address: str) -> Iterator[ScoreMany]:
    """Score on the workers of a dask.distributed cluster; the matrix is sent to each once.

    Parameters
    ----------
    problem
        Scattered to all workers.
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``. Its workers need this package.

    Raises
    ------
    UsageError
        If dask.distributed is not installed, or nothing answers at the address.
    DataError
        If a worker fails.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            '--dask needs dask.distributed, which is not installed; pip install "rnaseq-s6k1[dask]"'
        ) from None
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError(
            f"--dask {clip(address, 60)}: no scheduler answers ({clip(reason, 120)}); start one "
            "with `dask scheduler`, and workers with `dask worker`"
        ) from None
    try:
        yield _cluster_score(client, problem, address)
    finally:
        client.close()


def _cluster_score(client: Any, problem: ScreenProblem, address: str) -> ScoreMany:
    shared: list[Any] = []

    def score(genes: Sequence[ScreenedGene]) -> Iterator[GeneScore]:
        try:
            if not shared:
                if not client.scheduler_info()["workers"]:
                    client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
                shared.append(client.scatter(problem, broadcast=True, hash=False))
            futures = [
                client.submit(score_chunk, shared[0], list(genes[at : at + _CHUNK]), pure=False)
                for at in range(0, len(genes), _CHUNK)
            ]
            for future in futures:
                yield from future.result()
        except GeneratorExit:
            raise
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0]
            raise DataError(
                f"--dask {clip(address, 60)}: the cluster failed ({type(error).__name__}: "
                f"{clip(reason, 160)}); its workers need this version of rnaseq-s6k1"
            ) from error

    return score
