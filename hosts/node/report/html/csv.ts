/** Numbers as CSV (RFC 4180). */

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { atPath, InputError } from "../failure.ts";
import { writeOutput } from "../output-file.ts";
import type { Cell, Numbers, Section } from "./parts.ts";

/** What a spreadsheet would take for a formula, though a model's name may be one. */
const FORMULA = /^[=+\-@\t\r]/;

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line for the columns' names and one for each row; numbers in full. */
export function csv({ columns, rows }: Numbers): string {
  return [columns, ...rows].map((cells) => `${cells.map(field).join(",")}\r\n`).join("");
}

/** The numbers of every picture and table of a report, by the name of their file. */
export function csvFiles(sections: readonly Section[]): Map<string, Numbers> {
  const files = new Map<string, Numbers>();
  for (const part of sections.flatMap(({ parts }) => parts)) {
    if (part.kind === "text" || part.kind === "image") continue;
    const file = `${part.name}.csv`;
    if (!/^[\w-]+\.csv$/.test(file) || files.has(file)) throw new Error(`a report's part is called '${part.name}'`);
    files.set(file, (part.kind === "figure" && part.csv) || part.numbers);
  }
  return files;
}

/**
 * Finds out, before long work, whether a folder can be one to write into.
 * @throws InputError naming the path where it is something else
 */
export async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error) => {
    if (error.code === "ENOENT") return null;
    throw atPath(path, error);
  });
  if (found && !found.isDirectory()) throw new InputError(`${path}: is a file, expected a folder to write into`);
}

/**
 * Writes the numbers of every picture and table into a folder, which is made where it is missing.
 * @returns the files' paths
 * @throws InputError naming what cannot be written
 */
export async function writeCsv(folder: string, sections: readonly Section[]): Promise<string[]> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw atPath(folder, error);
  });
  const paths: string[] = [];
  for (const [file, numbers] of csvFiles(sections)) {
    const path = join(folder, file);
    await writeOutput(path, new TextEncoder().encode(csv(numbers)));
    paths.push(path);
  }
  return paths;
}
