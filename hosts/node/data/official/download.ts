/** Downloads an archive: goes on where it stopped, and takes it only where its SHA-256 is right. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { atPath, InputError } from "../../report/failure.ts";
import type { Archive } from "./archives.ts";

/** How often a broken connection is tried again, and how long it may be silent, ms. */
const TRIES = 4;
const SILENCE = 60_000;

export interface DownloadOptions {
  /** Folders on servers, tried in order. */
  readonly servers: readonly string[];
  readonly onProgress: (bytes: number) => void;
}

/** What a server answered that is no archive: another one may have it. */
class Unusable extends Error {}

/** SHA-256 of a file, hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

const sizeOf = async (path: string): Promise<number | null> => (await stat(path).catch(() => null))?.size ?? null;

/**
 * Makes sure that an archive lies at a path.
 * @returns whether it was downloaded; it may have been there
 * @throws InputError where it cannot be had, saying what to do instead, or is not the archive
 */
export async function obtain(path: string, archive: Archive, options: DownloadOptions): Promise<boolean> {
  if ((await sizeOf(path)) !== null) {
    await requireArchive(path, archive, "remove it, and run this again");
    return false;
  }
  const part = `${path}.part`;
  const faults: string[] = [];
  for (const server of options.servers) {
    const url = new URL(archive.file, server);
    const fault = await downloadFrom(url, part, archive, options.onProgress).catch((error) => {
      if (error instanceof Unusable) return error.message;
      throw atPath(part, error);
    });
    if (fault === null) {
      await requireArchive(part, archive, "it has been removed; run this again", true);
      await rename(part, path).catch((error) => {
        throw atPath(path, error);
      });
      return true;
    }
    faults.push(`${url}: ${fault}`);
  }
  throw new InputError(
    `${faults.join("; ")}. Run this again to go on; or download ${new URL(archive.file, options.servers[0])} elsewhere, ` +
      `put it at ${path} and run this again; or give --from URL, a folder on a server that has it`,
  );
}

async function requireArchive(path: string, { bytes, sha256 }: Archive, remedy: string, remove = false): Promise<void> {
  const found = await sha256Of(path);
  if (found === sha256) return;
  const size = await sizeOf(path);
  if (remove) await rm(path, { force: true });
  throw new InputError(
    `${path}: is not the archive: ${size} bytes with SHA-256 ${found}, expected ${bytes} with ${sha256}; ${remedy}`,
  );
}

/** Null once all bytes are there; else what went wrong. @throws Unusable where the server has no such archive */
async function downloadFrom(
  url: URL,
  part: string,
  archive: Archive,
  onProgress: (bytes: number) => void,
): Promise<null> {
  for (let tries = 1; ; tries++) {
    const before = (await sizeOf(part)) ?? 0;
    if (before >= archive.bytes) return null;
    try {
      await receive(url, part, before, archive, onProgress);
      if (((await sizeOf(part)) ?? 0) >= archive.bytes) return null;
      throw new Unusable("the connection ended before the archive did");
    } catch (error) {
      const broken = error instanceof Unusable || isNetworkFault(error);
      if (!broken) throw error;
      // While more arrives, a connection that breaks is only slow.
      if (((await sizeOf(part)) ?? 0) > before) tries = 0;
      else if (tries >= TRIES || !(await reachable(error))) throw new Unusable(reasonOf(error), { cause: error });
    }
  }
}

/** Whether it makes sense to try again: not where there is no such server, or it has no such file. */
async function reachable(error: unknown): Promise<boolean> {
  if (error instanceof Unusable) return false;
  const code = codeOf(error);
  if (code === "ENOTFOUND" || code === "ECONNREFUSED" || code === "ENETUNREACH" || code === "EAI_AGAIN") return false;
  await new Promise((resolve) => setTimeout(resolve, 500));
  return true;
}

/** Errors of `fetch` and of streams of its answers, not of files. */
function isNetworkFault(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === "AbortError");
}

function codeOf(error: unknown): string | undefined {
  const { cause, code } = error as { cause?: { code?: string }; code?: string };
  return cause?.code ?? code;
}

function reasonOf(error: unknown): string {
  if (error instanceof Unusable) return error.message;
  if (error instanceof DOMException) return `nothing came for ${SILENCE / 1000} s`;
  return `cannot be reached (${codeOf(error) ?? (error as Error).message})`;
}

/** Appends to a file what is missing of it. */
async function receive(
  url: URL,
  part: string,
  before: number,
  { bytes }: Archive,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE);
  try {
    const headers: Record<string, string> = before > 0 ? { range: `bytes=${before}-` } : {};
    const response = await fetch(url, { headers, signal: silence.signal });
    const resumed = response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${before}-`);
    if (!response.ok || !response.body || (response.status === 206 && !resumed)) {
      await response.body?.cancel();
      throw new Unusable(`answers ${response.status} ${response.statusText}`.trim());
    }
    // A server that knows no ranges begins again.
    const file = await open(part, resumed ? "a" : "w");
    let at = resumed ? before : 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE);
        await file.writeFile(chunk);
        at += chunk.length;
        onProgress(at);
        // What is longer is something else, and may have no end.
        if (at > bytes) break;
      }
    } finally {
      await file.close();
    }
  } finally {
    clearTimeout(timer);
  }
}
