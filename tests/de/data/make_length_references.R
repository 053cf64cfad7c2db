# References for tests/de/test_length_factors.py: DESeq2's normalisation factors from a matrix
# of average transcript lengths. Run in this folder: Rscript make_length_references.R
suppressMessages(library(DESeq2))
set.seed(7)
genes <- 60; samples <- 6
counts <- matrix(rnbinom(genes * samples, mu = rep(exp(runif(genes, 3, 8)), samples), size = 10), genes)
lengths <- matrix(round(exp(rnorm(genes * samples, log(2000), 0.2)), 1), genes)
dimnames(counts) <- dimnames(lengths) <- list(sprintf("g%02d", 1:genes), paste0("s", 1:samples))
dds <- DESeqDataSetFromMatrix(counts, data.frame(x = factor(rep(1:2, each = 3))), ~x)
factors <- normalizationFactors(estimateSizeFactors(dds, normMatrix = lengths))
write <- function(m, file) {
  m[] <- format(m, digits = 17, trim = TRUE)
  write.table(m, file, sep = "\t", quote = FALSE, col.names = NA)
}
write(counts, "length_counts.tsv"); write(lengths, "length_lengths.tsv"); write(factors, "length_factors.tsv")
