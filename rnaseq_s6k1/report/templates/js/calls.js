// Which genes are called at the thresholds that the reader set.
const settings = readData("settings");
const geneData = readData("genes");
const genes = geneData.columns;
genes.gene_name = genes.gene_name || genes.gene_id;
const nGenes = genes.gene_id.length;
const significance = genes[settings.significance];
const significanceName = settings.significance === "padj" ? "FDR" : "p";

const thresholds = { lfc: settings.lfc, alpha: settings.alpha };

// 1 up, -1 down, 0 not called.
const callOf = (k) => {
  const lfc = genes.log2FoldChange[k];
  const p = significance[k];
  if (p === null || lfc === null || !(p < thresholds.alpha) || genes.gene_id[k] === settings.split_gene) return 0;
  // A test against a fold change has the threshold in its p already.
  if (settings.lfc_mode === "filter" && !(Math.abs(lfc) > thresholds.lfc)) return 0;
  return Math.sign(lfc);
};

const calls = new Int8Array(nGenes);
const listeners = [];

const recount = () => {
  let up = 0;
  let down = 0;
  for (let k = 0; k < nGenes; k += 1) {
    calls[k] = callOf(k);
    if (calls[k] > 0) up += 1;
    else if (calls[k] < 0) down += 1;
  }
  const rule = settings.lfc_mode === "filter" ? ` and |log2FC| > ${thresholds.lfc}` : "";
  byId("recount").textContent = `${grouped(up + down)} genes called: ${grouped(up)} up, ${grouped(down)} down (${significanceName} < ${thresholds.alpha}${rule})`;
  listeners.forEach((listen) => listen());
};

const CALL_NAMES = { 1: "up", 0: "none", "-1": "down" };

const describeGene = (k) => {
  const name = genes.gene_name[k] === genes.gene_id[k] ? genes.gene_id[k] : `${genes.gene_name[k]} (${genes.gene_id[k]})`;
  const reason = { all_zero: "no counts", low_mean: "low mean", outlier: "outlier" }[geneData.reasonNames[geneData.reasons[k]]];
  const fdr = genes.padj[k] === null && reason ? `none, ${reason}` : shownP(genes.padj[k]);
  return `${shorten(name, 60)}\nlog2FC ${signed(genes.log2FoldChange[k])}, FDR ${fdr}\np ${shownP(genes.pvalue[k])}, mean ${shown(genes.baseMean[k])}`;
};

const findGene = (text) => {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return -1;
  const tests = [(name) => name === wanted, (name) => name.startsWith(wanted), (name) => name.includes(wanted)];
  for (const test of tests) {
    for (let k = 0; k < nGenes; k += 1) {
      if (test(genes.gene_name[k].toLowerCase()) || test(genes.gene_id[k].toLowerCase())) return k;
    }
  }
  return -1;
};
