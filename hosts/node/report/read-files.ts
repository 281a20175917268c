/** Files that this program has read, by what they are and not by their paths: none of them is ever replaced. */

import { statSync } from "node:fs";

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

const paths = new Map<string, string>();
const keyOf = ({ dev, ino }: Identity): string => `${dev}:${ino}`;

/** Remembers that a file is read. */
export function noteRead(path: string, file: Identity): void {
  paths.set(keyOf(file), path);
}

/** The path by which a file was read; undefined where it was not, or is no longer there: another file may have its number then. */
export function readAs(file: Identity): string | undefined {
  const path = paths.get(keyOf(file));
  const there = path === undefined ? undefined : statSync(path, { bigint: true, throwIfNoEntry: false });
  return there && keyOf(there) === keyOf(file) ? path : undefined;
}
