/** Inputs that were faults once. They are kept beside this file and tried by every test run. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/hosts/folders.ts";
import type { Name } from "./target.ts";

const folderOf = (name: Name): string => join(PROJECT, "test/fuzz/found", name);

/** @returns the path, below the project, where the input lies now */
export function keepFound(name: Name, input: Uint8Array): string {
  const file = createHash("sha256").update(input).digest("hex").slice(0, 12);
  mkdirSync(folderOf(name), { recursive: true });
  writeFileSync(join(folderOf(name), file), input);
  return `test/fuzz/found/${name}/${file}`;
}

/** What was found of a target, by name. */
export function foundInputs(name: Name): [file: string, input: Uint8Array][] {
  const folder = folderOf(name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))]);
}
