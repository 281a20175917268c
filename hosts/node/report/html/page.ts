/** A report as one HTML file: no script, nothing from the network. */

import { plain } from "../plain.ts";
import { csv, csvFiles } from "./csv.ts";
import type { Cell, Drawing, Figure, Image, Key, Numbers, Part, Section, Table } from "./parts.ts";
import { STYLE } from "./style.ts";

export interface PageSpec {
  readonly title: string;
  /** What it shows, in a sentence or two. */
  readonly summary?: string;
  /** Names and values below the title. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly Section[];
  /** The last line: what made it. */
  readonly footer?: string;
}

/** Rows of a table that are shown; its CSV has all. */
const MOST_ROWS = 400;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for HTML, from wherever it comes. */
export function html(text: string): string {
  return plain(text).replace(/[&<>"]/g, (character) => ENTITIES[character]);
}

/** A number as people read it: six digits, thousands set apart. */
function numberText(value: number): string {
  const [whole, ...rest] = String(Number(value.toPrecision(Number.isInteger(value) ? 16 : 6))).split(/(?=[.e])/);
  return [whole.replace(/\B(?=(\d{3})+$)/g, "\u202f"), ...rest].join("");
}

/** Texts from this length on go over several lines. */
const LONG = 36;

function cellHtml(cell: Cell): string {
  if (cell === null) return "<td></td>";
  if (typeof cell === "number") return `<td class="number">${numberText(cell)}</td>`;
  return `<td${cell.length >= LONG ? ' class="long"' : ""}>${html(cell)}</td>`;
}

function tableHtml({ columns, rows }: Numbers): string {
  const head = columns.map((name) => `<th scope="col">${html(name)}</th>`).join("");
  const body = rows.slice(0, MOST_ROWS).map((row) => `<tr>${row.map(cellHtml).join("")}</tr>`);
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table></div>`;
}

/** A link that holds the numbers itself. */
function csvLink(name: string, numbers: Numbers): string {
  const data = Buffer.from(csv(numbers)).toString("base64");
  const file = `${html(name)}.csv`;
  return `<a download="${file}" href="data:text/csv;charset=utf-8;base64,${data}">${file}</a>`;
}

function rowsText(shown: Numbers, all: Numbers): string {
  const count = numberText(all.rows.length);
  if (shown === all && all.rows.length <= MOST_ROWS) return `${count} rows`;
  return `the CSV holds ${count} rows`;
}

function drawingHtml({ wide, narrow }: Drawing, title: string): string {
  const named = (svg: string, name: string) =>
    svg.replace(/^<svg/, `<svg role="img" aria-label="${html(title)}"`).replace('class="plot"', `class="plot ${name}"`);
  return `${named(wide, "wide")}\n${named(narrow, "narrow")}`;
}

function keysHtml(keys: readonly Key[]): string {
  if (keys.length === 0) return "";
  const items = keys.map(
    ({ name, sample }) => `<li>${sample.replace(/^<svg/, '<svg aria-hidden="true"')}${html(name)}</li>`,
  );
  return `<ul class="keys">${items.join("")}</ul>`;
}

function captionHtml(caption: string | undefined): string {
  return caption ? `<figcaption>${html(caption)}</figcaption>` : "";
}

function figureHtml({ name, title, caption, drawing, keys, numbers, csv: all = numbers }: Figure): string {
  return `<figure id="${html(name)}">
<h3>${html(title)}</h3>
${keysHtml(keys)}
${drawingHtml(drawing, title)}
${captionHtml(caption)}
<details><summary>Numbers (${rowsText(numbers, all)})</summary>
<p>${csvLink(name, all)}</p>
${tableHtml(numbers)}
</details>
</figure>`;
}

function shownTable({ name, title, caption, numbers }: Table): string {
  return `<figure id="${html(name)}" class="shown">
<h3>${html(title)}</h3>
${tableHtml(numbers)}
${captionHtml(caption)}
<details><summary>CSV (${rowsText(numbers, numbers)})</summary><p>${csvLink(name, numbers)}</p></details>
</figure>`;
}

function imageHtml({ png, caption }: Image): string {
  const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return `<figure><img src="${source}" alt="${html(caption)}"><figcaption>${html(caption)}</figcaption></figure>`;
}

function partHtml(part: Part): string {
  if (part.kind === "text") return `<p>${html(part.text)}</p>`;
  if (part.kind === "image") return imageHtml(part);
  return part.kind === "figure" ? figureHtml(part) : shownTable(part);
}

function navigation(sections: readonly Section[]): string {
  if (sections.length < 3) return "";
  const links = sections.map(({ title }, i) => `<a href="#section-${i + 1}">${html(title)}</a>`);
  return `<nav aria-label="Sections">${links.join("")}</nav>`;
}

/**
 * A whole report.
 * @returns HTML that needs neither a script nor the network, and forbids both
 */
export function page({ title, summary, facts = [], sections, footer }: PageSpec): string {
  // Names are checked even where no CSV is written.
  csvFiles(sections);
  const listed = facts.map(([name, value]) => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`);
  const bodies = sections.map(
    (section, i) =>
      `<section id="section-${i + 1}">\n<h2>${html(section.title)}</h2>\n${section.parts.map(partHtml).join("\n")}\n</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${html(title)}</h1>
${summary ? `<p>${html(summary)}</p>` : ""}
${listed.length > 0 ? `<dl>${listed.join("")}</dl>` : ""}
${navigation(sections)}
${bodies.join("\n")}
${footer ? `<footer>${html(footer)}</footer>` : ""}
</body>
</html>
`;
}
