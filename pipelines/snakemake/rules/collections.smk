# Gene-set collections, each tested by itself: its false discovery rate is that of the collection.
# One rule for both tests, which read the comparison's own de/ through a link beside them.


rule collection:
    input:
        de=plain("de", DE),
        file=lambda wildcards: sheets.given_files([COLLECTIONS[wildcards.collection]]),
    output:
        folder("gsea", GSEA, "collections/{collection}/"),
        folder("ora", ORA, "collections/{collection}/"),
        **figures("gsea", "ora", collection="collections/{collection}/"),
    log:
        f"{LOGS}/{{comparison}}/collections/{{collection}}.log",
    benchmark:
        f"{BENCHMARKS}/{{comparison}}/collections/{{collection}}.tsv"
    params:
        out=out_folder,
        folders=step_folders,
        asked=lambda wildcards: COLLECTIONS[wildcards.collection],
        source=collection_source,
        gsea=sheets.setting_options(SETTINGS, sheets.ENRICHMENT),
        ora=sheets.setting_options(SETTINGS, sheets.OVER_REPRESENTATION),
    threads: THREADS["gsea"]
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "mkdir -p {params.folders:q} && ln -sfn ../../de {params.out:q}/de &&"
        " rnaseq-s6k1 gsea {params.gsea:q} {params.source:q} --jobs {threads}"
        " --out {params.out:q} > {log:q} 2>&1 &&"
        " rnaseq-s6k1 ora {params.ora:q} {params.source:q} --jobs {threads}"
        " --out {params.out:q} >> {log:q} 2>&1"
