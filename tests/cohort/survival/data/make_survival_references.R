# Reference values of R's survival package (LGPL, run as a black box) for this project's own
# simulated patients. Run in this folder:  Rscript make_survival_references.R
# Made with R 4.2.2 and survival 3.5.3 (Debian: r-cran-survival).
library(survival)
set.seed(20)
n <- 140
patients <- data.frame(
  sample = sprintf("P%03d", seq_len(n)),
  arm = sample(c("A", "B", "C"), n, replace = TRUE),
  site = sample(c("east", "north", "west"), n, replace = TRUE, prob = c(0.5, 0.3, 0.2)),
  age = round(rnorm(n, 60, 9)),
  score = round(rnorm(n), 3)
)
hazard <- 0.05 * exp(0.5 * (patients$arm == "B") + 0.9 * (patients$arm == "C") +
  0.03 * (patients$age - 60) + 0.3 * (patients$site == "west"))
# Whole months, so that many deaths are tied.
death <- ceiling(rexp(n, hazard))
leave <- ceiling(runif(n, 3, 40))
patients$OS.time <- pmin(death, leave)
patients$OS <- as.integer(death <= leave)
# Without ties.
patients$PFI.time <- round(patients$OS.time * runif(n, 0.5, 1) + runif(n, 0, 0.01), 4)
patients$PFI <- as.integer(runif(n) < 0.7)
num <- function(x) formatC(x, digits = 16, width = 1, format = "g")
save <- function(frame, name) {
  for (column in names(frame)) if (is.double(frame[[column]])) frame[[column]] <- num(frame[[column]])
  write.table(frame, name, sep = "\t", quote = FALSE, row.names = FALSE, na = "NA")
}
save(patients, "survival_patients.tsv")

precise <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
curves <- groups <- tests <- terms <- NULL
for (endpoint in c("OS", "PFI")) {
  y <- Surv(patients[[paste0(endpoint, ".time")]], patients[[endpoint]])
  fit <- survfit(y ~ arm, patients, conf.type = "log-log")
  s <- summary(fit, censored = TRUE)
  curves <- rbind(curves, data.frame(endpoint, group = sub("arm=", "", s$strata), time = s$time,
    n_risk = s$n.risk, n_event = s$n.event, n_censored = s$n.censor, survival = s$surv,
    ci_low = s$lower, ci_high = s$upper))
  tau <- 20
  m <- summary(fit, rmean = tau)$table
  groups <- rbind(groups, data.frame(endpoint, group = sub("arm=", "", rownames(m)),
    n = m[, "records"], events = m[, "events"], median = m[, "median"],
    median_low = m[, "0.95LCL"], median_high = m[, "0.95UCL"],
    rmst = m[, grep("^r?mean$|rmean", colnames(m))[1]],
    rmst_se = m[, grep("se", colnames(m))[1]]))
  for (strata in c("none", "site")) for (set in c("A,B,C", "A,C")) {
    rows <- patients$arm %in% strsplit(set, ",")[[1]]
    form <- if (strata == "none") y ~ arm else y ~ arm + strata(site)
    d <- survdiff(form, patients, subset = rows)
    k <- length(d$n) - 1
    tests <- rbind(tests, data.frame(endpoint, strata, set, chisq = d$chisq, df = k,
      pvalue = pchisq(d$chisq, k, lower.tail = FALSE)))
  }
  models <- list(
    arm = y ~ arm, arm_age_site = y ~ arm + age + site, score_age = y ~ score + age,
    arm_age_strata_site = y ~ arm + age + strata(site), score = y ~ score
  )
  for (name in names(models)) {
    fit <- coxph(models[[name]], patients, ties = "efron", control = precise)
    z <- cox.zph(fit, transform = "km", terms = FALSE)$table
    ci <- confint(fit)
    terms <- rbind(terms, data.frame(endpoint, model = name, term = names(coef(fit)),
      n = fit$n, events = fit$nevent, HR = exp(coef(fit)), ci_low = exp(ci[, 1]),
      ci_high = exp(ci[, 2]), se = sqrt(diag(vcov(fit))),
      pvalue = summary(fit)$coefficients[, "Pr(>|z|)"], ph_chisq = z[names(coef(fit)), "chisq"],
      ph_p = z[names(coef(fit)), "p"], ph_global_p = if (length(coef(fit)) > 1) z["GLOBAL", "p"] else z[1, "p"],
      log_likelihood = fit$loglik[2], concordance = summary(fit)$concordance[1]))
  }
}
save(curves, "survival_curves.tsv")
save(groups, "survival_groups.tsv")
save(tests, "survival_logrank.tsv")
save(terms, "survival_cox.tsv")
