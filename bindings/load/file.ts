/** Bytes of a model where files are read. */
import { readFile } from "node:fs/promises";
import { BsnnError } from "../error.ts";
import { tagOf } from "../kinds.ts";
import type { FileSource } from "../types.ts";
import { sourceBytes } from "./source.ts";

/** The path or file address a string stands for; null where it is none or has another scheme, to be fetched. */
function asPath(source: FileSource): string | URL | null {
  if (tagOf(source) === "URL") return asPath((source as URL).href);
  if (typeof source !== "string") return null;
  if (source.startsWith("file:")) return new URL(source);
  // A single letter before the colon is a drive.
  return /^[a-z][a-z0-9+.-]+:/i.test(source) ? null : source;
}

/** Bytes of a model source where there are files: strings without a scheme are paths. */
export async function fileBytes(source: FileSource): Promise<Uint8Array> {
  const path = asPath(source);
  if (!path) return sourceBytes(source);
  return readFile(path).catch((cause) => {
    throw new BsnnError("bad-input", `cannot read the model file ${path}: ${cause.message}`, { cause });
  });
}
