"""The public names exist, and cost nothing until they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rnaseq_s6k1

HEAVY = (
    "anndata", "formulaic", "gseapy", "matplotlib", "numba", "numpy", "pandas", "pydeseq2",
    "scipy", "seaborn", "statsmodels",
)  # fmt: skip


def heavy_modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and say which heavy packages it imported."""
    script = f"{code}\nimport sys\nprint('|'.join(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(filter(None, done.stdout.splitlines()[-1].split("|")))


@pytest.mark.parametrize("name", rnaseq_s6k1.__all__)
def test_every_public_name_can_be_had(name):
    value = getattr(rnaseq_s6k1, name)
    assert value is not None
    if name not in ("plots", "__version__"):
        assert value.__name__ == name
        assert value.__doc__


def test_the_names_are_listed_once_and_in_order():
    assert len(set(rnaseq_s6k1.__all__)) == len(rnaseq_s6k1.__all__)
    assert dir(rnaseq_s6k1) == sorted(rnaseq_s6k1.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'rnaseq_s6k1' has no attribute 'magic'"):
        rnaseq_s6k1.magic  # noqa: B018


def test_importing_the_package_imports_nothing_heavy():
    assert heavy_modules_after("import rnaseq_s6k1") == set()


def test_asking_for_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from rnaseq_s6k1.cli.main import main\n"
        "sys.argv = ['rnaseq-s6k1', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
    )
    assert heavy_modules_after(code) == set()


def test_the_check_itself_sees_an_import():
    assert "numpy" in heavy_modules_after("import numpy")
