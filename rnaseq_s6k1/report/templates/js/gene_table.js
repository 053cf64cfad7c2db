// The gene table: sorts, filters, pages, and goes out as TSV.
const FILE_COLUMNS = ["gene_id", "gene_name", "baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj", "log2FoldChange_shrunk", "direction", "padj_na_reason"];
const TABLE_COLUMNS = [
  { name: "gene_name", label: "Gene" }, { name: "gene_id", label: "Id" },
  { name: "baseMean", label: "Mean count", write: (value) => shown(value) },
  { name: "log2FoldChange", label: "log2FC", write: signed }, { name: "lfcSE", label: "SE", write: (value) => shown(value) },
  { name: "log2FoldChange_shrunk", label: "log2FC, shrunken", write: signed },
  { name: "pvalue", label: "p", write: shownP }, { name: "padj", label: "FDR", write: shownP },
  { name: "direction", label: "Called" },
];
const tableState = { order: "pvalue", descending: false, page: 0, rows: [] };

const isText = (name) => name === "gene_name" || name === "gene_id" || name === "direction";
const valueOf = (name, k) => (name === "direction" ? CALL_NAMES[calls[k]] : genes[name][k]);
const compareText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// What is missing goes last either way; equal rows are ordered by id, as in the files.
const compareRows = (name, descending) => (a, b) => {
  const [x, y] = [valueOf(name, a), valueOf(name, b)];
  if (x === null || y === null) return (x === null) - (y === null) || compareText(genes.gene_id[a], genes.gene_id[b]);
  const order = isText(name) ? compareText(x, y) : x - y;
  return (descending ? -order : order) || compareText(genes.gene_id[a], genes.gene_id[b]);
};

const chooseRows = () => {
  const show = byId("show").value;
  const part = byId("filter").value.trim().toLowerCase();
  const wanted = { called: (call) => call !== 0, up: (call) => call > 0, down: (call) => call < 0, all: () => true }[show];
  tableState.rows = [];
  for (let k = 0; k < nGenes; k += 1) {
    if (!wanted(calls[k])) continue;
    if (part && !genes.gene_name[k].toLowerCase().includes(part) && !genes.gene_id[k].toLowerCase().includes(part)) continue;
    tableState.rows.push(k);
  }
  tableState.rows.sort(compareRows(tableState.order, tableState.descending));
};

const tableColumns = () =>
  TABLE_COLUMNS.filter((column) => (column.name !== "gene_id" || genes.gene_name !== genes.gene_id) && (column.name !== "log2FoldChange_shrunk" || genes.log2FoldChange_shrunk.some((value) => value !== null)));

const drawRows = () => {
  const size = Number(byId("per-page").value);
  const { rows } = tableState;
  const pages = Math.max(1, Math.ceil(rows.length / size));
  tableState.page = Math.min(tableState.page, pages - 1);
  const body = byId("gene-table").tBodies[0];
  body.replaceChildren();
  for (const k of rows.slice(tableState.page * size, (tableState.page + 1) * size)) {
    const row = make("tr");
    tableColumns().forEach((column, place) => {
      const value = valueOf(column.name, k);
      const cell = make(place === 0 ? "th" : "td", place === 0 ? { scope: "row" } : {}, column.write ? column.write(value) : value);
      if (column.write) cell.className = "num";
      if (column.name === "direction" && value !== "none") cell.className = value;
      row.append(cell);
    });
    body.append(row);
  }
  byId("rows-status").textContent = rows.length === nGenes ? `All ${grouped(nGenes)} genes` : `${grouped(rows.length)} of ${grouped(nGenes)} genes`;
  byId("page-number").textContent = `Page ${grouped(tableState.page + 1)} of ${grouped(pages)}`;
  byId("previous").disabled = tableState.page === 0;
  byId("next").disabled = tableState.page >= pages - 1;
};

const updateTable = () => {
  tableState.page = 0;
  chooseRows();
  drawRows();
};

const drawHeadings = () => {
  const head = byId("gene-table").tHead.rows[0];
  for (const column of tableColumns()) {
    const cell = make("th", { scope: "col", "data-column": column.name });
    if (column.write) cell.className = "num";
    const button = make("button", { type: "button" }, column.label);
    button.addEventListener("click", () => {
      tableState.descending = tableState.order === column.name && !tableState.descending;
      tableState.order = column.name;
      showOrder(head);
      updateTable();
    });
    cell.append(button);
    head.append(cell);
  }
  showOrder(head);
};

const showOrder = (head) => {
  for (const cell of head.cells) {
    if (cell.dataset.column === tableState.order) cell.setAttribute("aria-sort", tableState.descending ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  }
};

const rowAsText = (k) =>
  FILE_COLUMNS.map((name) => {
    if (name === "direction") return CALL_NAMES[calls[k]];
    if (name === "padj_na_reason") return geneData.reasonNames[geneData.reasons[k]];
    return name.startsWith("gene_") ? nameCell(genes[name][k]) : asWritten(genes[name][k]);
  }).join("\t");

const startGeneTable = () => {
  drawHeadings();
  byId("filter").addEventListener("input", updateTable);
  for (const id of ["show", "per-page"]) byId(id).addEventListener("change", updateTable);
  byId("previous").addEventListener("click", () => { tableState.page -= 1; drawRows(); });
  byId("next").addEventListener("click", () => { tableState.page += 1; drawRows(); });
  byId("download").addEventListener("click", () => {
    const lines = [FILE_COLUMNS.join("\t"), ...tableState.rows.map(rowAsText)];
    offerDownload("genes.tsv", lines.join("\n") + "\n");
  });
  listeners.push(updateTable);
};
