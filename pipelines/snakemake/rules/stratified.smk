# Comparisons that split a cohort on a gene. One rule for the whole road: only `run` splits, tells
# the later steps which gene made the groups, and screens the claim against splits on other genes.


rule stratified:
    input:
        counts=count_files,
        tables=table_files,
        sets=set_files,
        card=card_file,
    output:
        folder("stratify", STRATIFY),
        folder("de", DE),
        folder("gsea", GSEA),
        folder("ora", ORA),
        folder("signature", SIGNATURE),
        **figures("stratify", "de", "gsea", "ora"),
    wildcard_constraints:
        comparison=sheets.any_of(STRATIFIED),
    log:
        f"{LOGS}/{{comparison}}/run.log",
    benchmark:
        f"{BENCHMARKS}/{{comparison}}/run.tsv"
    params:
        out=out_folder,
        folders=step_folders,
        **options(
            dict.fromkeys([*sheets.CALLING, *sheets.ENRICHMENT, *sheets.SPLITTING]),
            *sheets.READING,
            *sheets.COMPARISON,
            *sheets.FITTING,
            *sheets.SPLIT,
            "gene_sets",
            "card",
        ),
    threads: max(THREADS.values())
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "mkdir -p {params.folders:q} &&"
        " rnaseq-s6k1 run {params.options:q} --jobs {threads} --out {params.out:q}"
        " -- {input.counts:q} > {log:q} 2>&1"
