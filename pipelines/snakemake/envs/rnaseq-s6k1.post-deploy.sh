#!/usr/bin/env bash
# Installs rnaseq-s6k1 into the environment of the steps. RNASEQ_S6K1_SOURCE is the checkout, or
# anything else that pip takes.
set -euo pipefail
source=${RNASEQ_S6K1_SOURCE:?set it to the checkout of rnaseq-s6k1 before running Snakemake}
python -m pip install --no-deps "$source"
