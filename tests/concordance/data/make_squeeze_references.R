# References for tests/concordance/test_rotations.py: limma's squeezeVar of sample variances with 6
# degrees of freedom, with a finite and an infinite prior. Run in this folder: Rscript
# make_squeeze_references.R
suppressMessages(library(limma))
set.seed(5)
write <- function(variances, file) {
  found <- squeezeVar(variances, df = 6)
  out <- data.frame(variance = variances, posterior = found$var.post,
                    prior_variance = found$var.prior, prior_df = found$df.prior)
  out[] <- lapply(out, function(x) format(x, digits = 17, trim = TRUE))
  write.table(out, file, sep = "\t", quote = FALSE, row.names = FALSE)
}
truth <- 0.05 * 4 / rchisq(300, 4)
write(truth * rchisq(300, 6) / 6, "squeeze_finite.tsv")
write(0.05 * rchisq(300, 60) / 60, "squeeze_infinite.tsv")
