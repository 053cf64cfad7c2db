# Experiments that split a cohort by the expression of a gene. One rule for the whole road: only
# `run` tells the later steps which gene made the groups, so that it is left out of the sets.


rule stratified:
    input:
        counts=row_files("counts"),
        tables=row_files("samples", "id_map"),
        sets=set_files,
        card=card_file,
    output:
        folder("stratify", STRATIFY),
        folder("de", DE),
        folder("gsea", GSEA),
        folder("ora", ORA),
        folder("signature", SIGNATURE),
    wildcard_constraints:
        experiment=sheet.any_of(STRATIFIED),
    log:
        f"{LOGS}/{{experiment}}/run.log",
    params:
        out=experiment_folder,
        options=options(
            dict.fromkeys([*sheet.CALLING, *sheet.ENRICHMENT]),
            *sheet.READING,
            *sheet.COMPARISON,
            *sheet.FITTING,
            *sheet.SPLIT,
            "gene_sets",
            "card",
        ),
    threads: max(THREADS.values())
    conda:
        "../envs/python.yaml"
    shell:
        "rnaseq-s6k1 run {params.options:q} --jobs {threads} --out {params.out:q}"
        " -- {input.counts:q} > {log:q} 2>&1"
