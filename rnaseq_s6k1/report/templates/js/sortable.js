// Tables of the page that sort by their headings.
const cellKey = (row, place) => {
  const cell = row.cells[place];
  if (!cell.classList.contains("num")) return cell.textContent.trim().toLowerCase();
  const value = Number.parseFloat(cell.dataset.value);
  return Number.isNaN(value) ? null : value;
};

const sortTable = (table, place, descending) => {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, index) => ({ row, index, key: cellKey(row, place) }));
  rows.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.index - b.index;
    const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    return (descending ? -order : order) || a.index - b.index;
  });
  body.append(...rows.map((one) => one.row));
};

const startSortable = () => {
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    [...table.tHead.rows[0].cells].forEach((cell, place, cells) => {
      const button = make("button", { type: "button" });
      button.append(...cell.childNodes);
      cell.replaceChildren(button);
      button.addEventListener("click", () => {
        const descending = cell.getAttribute("aria-sort") === "ascending";
        cells.forEach((other) => other.removeAttribute("aria-sort"));
        cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
        sortTable(table, place, descending);
      });
    });
  }
};
