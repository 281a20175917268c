/** What the commands print: results on standard output, everything else on standard error. */

import { InputError, systemReason } from "./failure.ts";
import { plain, plainLines } from "./plain.ts";
import { toTerminal, writeOut } from "./standard-output.ts";

/**
 * Writes lines to standard output, made plain, and waits until they are out.
 * @throws InputError where it cannot be written (a full disk behind a redirection); a closed pipe is no failure
 */
export async function print(text: string): Promise<void> {
  try {
    await writeOut(plainLines(text));
  } catch (cause) {
    throw new InputError(`standard output: ${systemReason(cause) ?? String(cause)}`, { cause });
  }
}

/** Tells the user something that is no result. */
export function note(text: string): void {
  process.stderr.write(`${plain(text)}\n`);
}

/** A cell, made plain. Thousands are set apart only on a terminal: what is piped is read by programs, to which that is no number. */
function cellText(text: string, terminal: boolean): string {
  return terminal ? plain(text) : plain(text).replace(/(?<=[0-9])\u202f(?=[0-9])/g, "");
}

/** A table of text, made plain; columns of numbers align to the right. `terminal`: whether a person reads it. */
export function table(
  head: readonly string[],
  given: readonly (readonly string[])[],
  terminal: boolean = toTerminal(),
): string {
  const rows = given.map((row) => row.map((cell) => cellText(cell, terminal)));
  const numeric = head.map((_, c) => rows.length > 0 && rows.every((row) => /^[-–+]?([0-9].*)?$/.test(row[c])));
  const widths = head.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) => (numeric[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Two columns of names and values, made plain. */
export function listing(
  entries: readonly (readonly [name: string, value: string])[],
  terminal: boolean = toTerminal(),
): string {
  const shown = entries.map(([name, value]) => [plain(name), cellText(value, terminal)]);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** A count with its thousands set apart: 1234567 → 1 234 567. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=([0-9]{3})+$)/g, "\u202f");
}

/** A share 0…1 as per cent with one decimal. */
export function percent(share: number | null): string {
  return share === null ? "–" : `${(100 * share).toFixed(1)} %`;
}

/** A number with `digits` significant digits and no exponent for usual sizes. */
export function significant(value: number, digits = 3): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  if (magnitude < -5 || magnitude > 8) return value.toExponential(digits - 1);
  return value.toFixed(Math.max(0, digits - 1 - magnitude));
}

/** A shape H×W×C. */
export function shapeText(shape: {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}): string {
  return `${shape.height}×${shape.width}×${shape.channels}`;
}

/** A size in bytes as people read it. */
export function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 10_000_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
