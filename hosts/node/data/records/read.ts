/** Finds and reads published data sets where they lie: archives, folders of their files, single files. */

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { unpackTar } from "modern-tar";
import { InputError } from "../../report/failure.ts";
import { readInput } from "../file.ts";
import { isCifarFile, type RecordFile, readCifar, readCifarFile } from "./cifar.ts";
import { isIdxImages, isIdxLabels, labelNames, readIdx, splitOfIdx } from "./idx.ts";
import type { Records, Split } from "./records.ts";

/** Bytes that an archive may come to: a few times what the largest of these does. */
const MOST_UNPACKED = 2 ** 30;

const isArchive = (name: string): boolean => /\.(?:tar\.gz|tgz|tar)$/i.test(name);
const isRecordFile = (name: string): boolean => /\.bin$/i.test(name);

async function namesIn(path: string): Promise<string[] | null> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ? readdir(path) : null;
}

/**
 * Reads a data set if a path leads to one by its name, or to a folder of its files.
 * @param split which part of it, where it has several
 * @returns null where it leads to something else
 * @throws InputError naming the file where it is broken
 */
export async function readRecords(path: string, split: Split): Promise<Records | null> {
  const name = basename(path);
  const inside = await namesIn(path);
  if (inside) return readFolder(path, inside, split);
  if (isIdxLabels(name)) throw new InputError(`${path}: holds labels; name the file of images beside it`);
  if (isIdxImages(name)) return readIdxFile(path);
  if (isArchive(name)) return readCifar(path, await unpack(path), split);
  if (isRecordFile(name)) return readCifarFile(path, { name, bytes: await readInput(path) });
  return null;
}

async function readFolder(path: string, names: readonly string[], split: Split): Promise<Records | null> {
  const images = names.filter((name) => splitOfIdx(name) === split).sort();
  if (images.length > 0) return readIdxFile(join(path, images[0]));
  const files = names.filter(isCifarFile);
  if (!files.some(isRecordFile)) return null;
  const read = await Promise.all(files.map(async (name) => ({ name, bytes: await readInput(join(path, name)) })));
  return readCifar(path, read, split);
}

async function readIdxFile(path: string): Promise<Records> {
  const beside = new Set(await readdir(dirname(path)).catch(() => []));
  const name = labelNames(basename(path)).find((one) => beside.has(one));
  const labels = name === undefined ? null : join(dirname(path), name);
  return readIdx(
    path,
    await readPacked(path),
    labels === null ? null : { path: labels, bytes: await readPacked(labels) },
  );
}

/** A file's content, unpacked where it is packed. */
async function readPacked(path: string): Promise<Uint8Array> {
  const bytes = await readInput(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: MOST_UNPACKED }).catch((cause) => {
    const why =
      cause.code === "ERR_BUFFER_TOO_LARGE" ? "comes to more than 1 GiB" : "is a broken gzip file; it may be cut off";
    throw new InputError(`${path}: ${why}`, { cause });
  });
}

/** Zero bytes that end a tar archive: without them it may be cut off where a file begins. */
const END = 1024;

/** The files of a tar archive that belong to such a data set. */
async function unpack(path: string): Promise<RecordFile[]> {
  const bytes = await readPacked(path);
  const broken = (why: string, cause?: unknown) =>
    new InputError(`${path}: is no whole tar archive (${why}); it may be cut off`, { cause });
  const entries = await unpackTar(bytes, {
    strict: true,
    filter: ({ name, type }) => type === "file" && isCifarFile(basename(name)),
  }).catch((cause: Error) => {
    throw broken(cause.message.replace(/\.$/, ""), cause);
  });
  if (bytes.length % 512 !== 0 || bytes.subarray(-END).some((byte) => byte !== 0)) throw broken("it has no end");
  const files = entries.map(({ header, data = NOTHING }) => ({ name: basename(header.name), bytes: data }));
  const seen = new Set<string>();
  for (const { name } of files) {
    if (seen.has(name)) throw new InputError(`${path}: holds '${name}' twice; each file once is supported`);
    seen.add(name);
  }
  return files;
}

const NOTHING = new Uint8Array();
