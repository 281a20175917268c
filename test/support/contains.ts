/** Texts that programs print: what must be in them. */

import assert from "node:assert/strict";

/** Fails with the whole text where a part is not in it. */
export function assertContains(text: string, part: string | RegExp): void {
  if (typeof part === "string") assert.ok(text.includes(part), `'${part}' is not in:\n${text}`);
  else assert.match(text, part);
}
