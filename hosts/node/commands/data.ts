/** `bsnn data`: published images, downloaded and unpacked. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DATA_SETS, type DataSet } from "../data/official/archives.ts";
import { obtain } from "../data/official/download.ts";
import { unpackImages } from "../data/official/unpack.ts";
import { readRecords } from "../data/records/read.ts";
import type { Records, Split } from "../data/records/records.ts";
import { atPath, InputError } from "../report/failure.ts";
import { printJson } from "../report/json.ts";
import { Progress } from "../report/progress.ts";
import { count, listing, print } from "../report/terminal.ts";

interface Options {
  from?: string;
  json?: true;
}

function serverOf(from: string): string {
  const url = URL.canParse(from) ? new URL(from) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new InputError(`--from: found '${from}'; an address that begins with http:// or https:// is supported`);
  }
  return from.endsWith("/") ? from : `${from}/`;
}

/** Figures of a data set that is there. */
export interface Fetched {
  readonly archives: readonly string[];
  readonly classes: number;
  readonly train: number;
  readonly test: number;
}

/**
 * Downloads what is missing of a data set, and unpacks it.
 * @param from a folder on a server, instead of the official ones
 * @throws InputError saying what cannot be had, read or written, and what to do
 */
export async function fetchDataSet(
  set: DataSet,
  folder: string,
  from: string | undefined,
  progress: Progress,
): Promise<Fetched> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw atPath(folder, error);
  });
  const servers = from === undefined ? set.servers : [serverOf(from)];
  const archives = set.archives.map(({ file }) => join(folder, file));
  for (const [i, archive] of set.archives.entries()) {
    const total = Math.ceil(archive.bytes / 1e6);
    await obtain(archives[i], archive, {
      servers,
      onProgress: (bytes) => progress.update(`download ${archive.file}, MB`, Math.round(bytes / 1e6), total),
    });
  }
  const read = async (split: Split): Promise<Records> => {
    const path = join(folder, set.images[split]);
    const records = await readRecords(path, split);
    if (!records?.labels) throw new InputError(`${path}: holds no labelled images`);
    await unpackImages(records, folder, split, (done) => progress.update(`unpack ${split}`, done, records.count));
    return records;
  };
  const [train, test] = [await read("train"), await read("test")];
  const classes = train.names?.length ?? new Set(train.labels).size;
  return { archives, classes, train: train.count, test: test.count };
}

/** What `--json` prints. */
export function dataJson(dataset: string, folder: string, fetched: Fetched): object {
  return { dataset, folder, ...fetched };
}

/** Does what `bsnn data` was told. */
export async function run(name: keyof typeof DATA_SETS, folder: string, options: Options): Promise<void> {
  const progress = new Progress();
  try {
    const set = DATA_SETS[name];
    const fetched = await fetchDataSet(set, folder, options.from, progress);
    progress.stop();
    if (options.json) return await printJson(dataJson(name, folder, fetched));
    const entries: [string, string][] = [
      ["data set", `${set.name}, ${count(fetched.classes)} classes`],
      ["training images", `${count(fetched.train)} in ${join(folder, "train")}`],
      ["test images", `${count(fetched.test)} in ${join(folder, "test")}`],
      ...fetched.archives.map((path): [string, string] => ["archive", path]),
    ];
    await print(`${listing(entries)}\n`);
  } finally {
    progress.stop();
  }
}
