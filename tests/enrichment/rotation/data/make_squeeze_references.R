# Makes squeeze.tsv.gz: simulated log expression, and what limma's eBayes makes of its variances with
# and without a trend and robustness. limma (GPL) is run as a black box; none of its code is here.
#
#   Rscript make_squeeze_references.R
#
# Made with R 4.2.2, limma 3.54.1 and statmod 1.5.0 (Debian 12: r-bioc-limma r-cran-statmod).

suppressPackageStartupMessages(library(limma))

set.seed(8)
n_genes <- 1500
average <- runif(n_genes, 2, 14)
spread <- exp(-2 - 0.25 * average) * 1.5 * 12 / rchisq(n_genes, 12)
spread[1:20] <- spread[1:20] * 40 # outliers
y <- matrix(rnorm(n_genes * 8), n_genes) * sqrt(spread) + average
y[101:200, 5:8] <- y[101:200, 5:8] + 0.5
y <- round(y, 6)
fit <- lmFit(y, model.matrix(~ gl(2, 4)))

table <- data.frame(gene = sprintf("g%04d", seq_len(n_genes)), y)
names(table)[2:9] <- paste0("sample_", 1:8)
for (trend in c(FALSE, TRUE)) {
  for (robust in c(FALSE, TRUE)) {
    squeezed <- eBayes(fit, trend = trend, robust = robust)
    label <- paste0(if (trend) "trend" else "common", if (robust) "_robust" else "")
    table[[paste0(label, "_df")]] <- rep_len(squeezed$df.prior, n_genes)
    table[[paste0(label, "_variance")]] <- rep_len(squeezed$s2.prior, n_genes)
    table[[paste0(label, "_t")]] <- squeezed$t[, 2]
  }
}
for (name in names(table)[-1]) table[[name]] <- sprintf("%.15g", table[[name]])
connection <- gzfile("squeeze.tsv.gz", "wb", compression = 9)
write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
close(connection)
