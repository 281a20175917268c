/** Bytes of a model where files are read. */
import { type FileHandle, open } from "node:fs/promises";
import { BsnnError } from "../error.ts";
import { reasonOf, shown, tagOf } from "../kinds.ts";
import type { FileSource } from "../types.ts";
import { unlessAborted } from "./aborted.ts";
import type { ReadLimits } from "./load.ts";
import { joined, requireLength, sourceBytes } from "./source.ts";

/** The path or file address a string stands for; null where it is none or has another scheme, to be fetched. */
function asPath(source: FileSource): string | URL | null {
  if (tagOf(source) === "URL") return asPath((source as URL).href);
  if (typeof source !== "string") return null;
  if (source.startsWith("file:")) return new URL(source);
  // A single letter before the colon is a drive.
  return /^[a-z][a-z0-9+.-]+:/i.test(source) ? null : source;
}

const CHUNK = 2 ** 20;

/** All of an open file, which may be a device or pipe that never ends; with a byte more room than it says it needs, to see its end. */
async function readAll(file: FileHandle, limits: ReadLimits): Promise<Uint8Array> {
  const stat = await file.stat();
  if (stat.isFile()) requireLength(stat.size, limits);
  const chunks: Uint8Array[] = [];
  let length = 0;
  let room = stat.isFile() ? stat.size + 1 : CHUNK;
  for (;;) {
    limits.signal?.throwIfAborted();
    const chunk = new Uint8Array(room);
    let filled = 0;
    while (filled < room) {
      const { bytesRead } = await unlessAborted(
        file.read(chunk, filled, Math.min(room - filled, 2 ** 30)),
        limits.signal,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    length += filled;
    requireLength(length, limits);
    if (filled > 0 || chunks.length === 0) chunks.push(chunk.subarray(0, filled));
    if (filled < room) return joined(chunks, length);
    room = CHUNK;
  }
}

/**
 * Bytes of a model source where there are files: strings without a scheme are paths.
 * @throws as `sourceBytes`
 */
export async function fileBytes(source: FileSource, limits: ReadLimits): Promise<Uint8Array> {
  try {
    const path = asPath(source);
    if (!path) return await sourceBytes(source, limits);
    limits.signal?.throwIfAborted();
    const opening = open(path);
    const close = () => opening.then((file) => file.close()).catch(() => {});
    try {
      const bytes = await readAll(await unlessAborted(opening, limits.signal), limits);
      await close();
      return bytes;
    } catch (error) {
      // Closing waits for what is still being read, which may never come.
      void close();
      throw error;
    }
  } catch (cause) {
    limits.signal?.throwIfAborted();
    if (cause instanceof BsnnError) throw cause;
    throw new BsnnError("bad-input", `cannot read the model file ${shown(source)}: ${reasonOf(cause)}`, { cause });
  }
}
