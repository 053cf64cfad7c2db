// Tables as the files on disk have them.

// Python's shortest form of a number, which the tables of the run directory hold.
const asWritten = (value) => {
  if (value === null || value === undefined) return "NA";
  if (typeof value !== "number") return value;
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) {
    const plain = String(value);
    return plain.includes(".") ? plain : plain + ".0";
  }
  const sign = exponent < 0 ? "-" : "+";
  return mantissa + "e" + sign + String(Math.abs(exponent)).padStart(2, "0");
};

// A spreadsheet runs a cell that begins so as a formula; an apostrophe makes it text.
const harmless = (name) => (/^'*[=+\-@\t\r]/.test(name) ? "'" + name : name);

const quotedCell = (text) => (/["\t\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);

const nameCell = (name) => quotedCell(harmless(name));

const offerDownload = (name, text) => {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values" })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
