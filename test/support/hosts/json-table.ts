/** The table of docs/command.md that says which keys the JSON of every host has. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

interface Row {
  readonly types: readonly string[];
  readonly places: readonly string[];
}

const page = readFileSync(new URL("../../../docs/command.md", import.meta.url), "utf8");
const [, section] = page.split(/^## JSON$/m);
const rows = new Map<string, Row>();
for (const line of section.split("\n").filter((line) => line.startsWith("| `"))) {
  const [, keys, types, places] = line.split("|").map((cell) => cell.trim());
  for (const [, key] of keys.matchAll(/`(\w+)`/g)) {
    assert.ok(!rows.has(key), `'${key}' has two rows`);
    rows.set(key, { types: types.split(" or "), places: places.split(", ") });
  }
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** Checks the types of all keys of a document, however deep, and gathers them. */
function gather(value: unknown, place: string, found: Set<string>): void {
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) {
      const { types, places } = rows.get(key) ?? { types: [], places: [] };
      assert.ok(places.includes(place), `docs/command.md has no '${key}' of ${place}`);
      assert.ok(types.includes(typeOf(inner)), `'${key}' of ${place} is ${typeOf(inner)}, not ${types.join(" or ")}`);
      found.add(key);
    }
    gather(inner, place, found);
  }
}

/**
 * Holds what a host prints to the table: every key is there, with its type, and together the documents have every key that the
 * table says the place has.
 * @param place as in the column *in*
 */
export function checkJson(place: string, ...documents: readonly unknown[]): void {
  const found = new Set<string>();
  for (const document of documents) gather(document, place, found);
  const expected = [...rows].filter(([, { places }]) => places.includes(place)).map(([key]) => key);
  assert.deepEqual([...found].toSorted(), expected.toSorted(), place);
}
