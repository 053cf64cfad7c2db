"use strict";
// What the other scripts share: data, elements, numbers.
const readData = (name) => {
  const element = document.getElementById("data-" + name);
  return element ? JSON.parse(element.textContent) : null;
};

const byId = (id) => document.getElementById(id);

// Names come from files of others: text only ever enters as text.
const make = (tag, attributes = {}, text = null) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
};

const makeSvg = (tag, attributes = {}, text = null) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
};

const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

const grouped = (number) => number.toLocaleString("en-US");

// As the page's own tables write numbers.
const shown = (value, digits = 3) => {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  let text;
  if (size >= 1e5 || (size > 0 && size < 1e-3)) text = value.toExponential(digits - 1).replace("e+", "e");
  else if (size >= 10 ** (digits - 1)) text = grouped(Math.round(value));
  else text = String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
};

// Below the smallest double a p is written as 0, which no p is.
const shownP = (value) => (value === 0 ? "<5e−324" : shown(value));

const signed = (value) =>
  value === null ? "–" : ((value >= 0 ? "+" : "") + value.toFixed(2)).replace("-", "−");

const shorten = (text, limit) =>
  text.length <= limit ? text : text.slice(0, Math.ceil(limit / 2) - 1) + "…" + text.slice(-Math.floor(limit / 2));

// Charts register themselves, and are drawn again when colours or widths change.
const charts = [];
const drawCharts = () => charts.forEach((draw) => draw());
