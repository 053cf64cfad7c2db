"""Write hallmark.gmt and kegg_cell_cycle.gmt from MSigDB's published memberships.

    python gene_sets/scripts/build_msigdb.py FOLDER

FOLDER holds ``h.all.v2025.1.Hs.symbols.gmt`` and ``c2.cp.kegg_legacy.v2025.1.Hs.symbols.gmt``
as the MSigDB download page gives them. Each set is written afresh: its name, the address of
its MSigDB page, and its symbols in sorted order.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sources import GENE_SETS, record_source

from rnaseq_s6k1.io.gmt import GeneSet, read_gmt, write_gmt

VERSION = "2025.1.Hs"
DATE = "2025"
PAGE = "https://www.gsea-msigdb.org/gsea/msigdb/human/geneset/{}"
MSIGDB = (
    "MSigDB (c) Broad Institute, Inc., Massachusetts Institute of Technology, and Regents of the "
    "University of California"
)


def rewrite(sets: dict[str, GeneSet]) -> list[GeneSet]:
    """Give the sets by name, each with its page and sorted symbols."""
    return [
        GeneSet(name, PAGE.format(name), tuple(sorted(sets[name].genes))) for name in sorted(sets)
    ]


def main() -> None:
    """Write both files and their rows of SOURCES.tsv."""
    parser = argparse.ArgumentParser(description="Write hallmark.gmt and kegg_cell_cycle.gmt.")
    parser.add_argument("folder", type=Path, help="folder of the MSigDB GMT downloads")
    folder = parser.parse_args().folder

    hallmark = read_gmt(folder / f"h.all.v{VERSION}.symbols.gmt")
    write_gmt(rewrite(hallmark), GENE_SETS / "hallmark.gmt")
    record_source(
        GENE_SETS / "hallmark.gmt",
        collection="hallmark",
        sets=len(hallmark),
        version=VERSION,
        date=DATE,
        source="https://www.gsea-msigdb.org/gsea/msigdb/human/collections.jsp#H",
        licence="CC BY 4.0",
        attribution=f"{MSIGDB}; Liberzon et al. 2015, doi 10.1016/j.cels.2015.12.004",
    )

    kegg = read_gmt(folder / f"c2.cp.kegg_legacy.v{VERSION}.symbols.gmt")
    cell_cycle = {"KEGG_CELL_CYCLE": kegg["KEGG_CELL_CYCLE"]}
    write_gmt(rewrite(cell_cycle), GENE_SETS / "kegg_cell_cycle.gmt")
    record_source(
        GENE_SETS / "kegg_cell_cycle.gmt",
        collection="kegg_cell_cycle",
        sets=len(cell_cycle),
        version=VERSION,
        date=DATE,
        source=PAGE.format("KEGG_CELL_CYCLE"),
        licence="KEGG terms (academic use; see NOTICE.md)",
        attribution=(
            "(c) 1995-2017 Kanehisa Laboratories, all rights reserved (KEGG pathway hsa04110), "
            f"through MSigDB's KEGG_LEGACY; {MSIGDB}; Kanehisa and Goto 2000, "
            "doi 10.1093/nar/28.1.27"
        ),
    )


if __name__ == "__main__":
    main()
