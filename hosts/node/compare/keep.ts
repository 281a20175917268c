/** What a comparison has found so far, kept so that it can go on where it was interrupted. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atPath } from "../report/failure.ts";
import { writeOutput } from "../report/output-file.ts";

/** What one run of one input came to, compared with the original; one number per mark. */
export interface Row {
  readonly run: string;
  /** What the image is known by: its samples' and its label's. */
  readonly image: string;
  /** 1 where the answer is that of the label, null without one; and that of the original. */
  readonly right: readonly (number | null)[];
  readonly same: readonly number[];
  /** ‖answer − original‖² and ‖original‖². */
  readonly error: readonly number[];
  readonly reference: number;
  readonly spikes: readonly number[];
  readonly operations: readonly number[];
  readonly inputOperations: readonly number[];
  readonly milliseconds: readonly number[];
}

/** A folder of networks, settings and rows. */
export class Kept {
  readonly folder: string;
  readonly #temporary: boolean;
  readonly #rows = new Map<string, Row>();
  /** How many there are of each image. */
  readonly #images = new Map<string, number>();

  private constructor(folder: string, temporary: boolean) {
    this.folder = folder;
    this.#temporary = temporary;
  }

  /**
   * Opens the folder of a comparison.
   * @param of all that its results depend on: another comparison has another folder
   * @param given where to keep it for good; else it lies among temporary files until it is done
   * @throws InputError naming the folder where it cannot be made or read
   */
  static async open(of: readonly (string | Uint8Array)[], given?: string): Promise<Kept> {
    const hash = createHash("sha256");
    for (const part of of) hash.update(createHash("sha256").update(part).digest());
    const name = `bsnn-compare-${hash.digest("hex").slice(0, 16)}`;
    let folder = join(given ?? tmpdir(), name);
    try {
      if (given === undefined) folder = await claimed(folder);
      else await mkdir(folder, { recursive: true });
      const kept = new Kept(folder, given === undefined);
      await kept.#read();
      return kept;
    } catch (error) {
      throw atPath(folder, error);
    }
  }

  get #rowsFile(): string {
    return join(this.folder, "rows.jsonl");
  }

  async #read(): Promise<void> {
    if (!existsSync(this.#rowsFile)) return;
    const text = await readFile(this.#rowsFile, "utf8");
    for (const line of text.split("\n")) {
      const row = rowFrom(line);
      if (row) this.#take(row);
    }
    // What comes next must not go on a line that was cut off.
    if (text !== "" && !text.endsWith("\n")) await appendFile(this.#rowsFile, "\n");
  }

  #take(row: Row): void {
    const { image } = row;
    const key = `${image} ${row.run}`;
    if (!this.#rows.has(key)) this.#images.set(image, this.rowsOf(image) + 1);
    this.#rows.set(key, row);
  }

  /** How many rows there are of an image. */
  rowsOf(image: string): number {
    return this.#images.get(image) ?? 0;
  }

  /** How many rows there are. */
  get count(): number {
    return this.#rows.size;
  }

  row(run: string, image: string): Row | undefined {
    return this.#rows.get(`${image} ${run}`);
  }

  async add(row: Row): Promise<void> {
    this.#take(row);
    await appendFile(this.#rowsFile, `${JSON.stringify(row)}\n`);
  }

  /**
   * A file of the folder, made where it is not there or not whole; written in one piece.
   * @param whole whether what lies there can be used
   */
  async file(
    name: string,
    make: () => Promise<Uint8Array>,
    whole: (file: Uint8Array) => Promise<boolean>,
  ): Promise<string> {
    const path = join(this.folder, name);
    if (!existsSync(path) || !(await whole(await readFile(path)))) await writeOutput(path, await make());
    return path;
  }

  /** The same of a value that JSON holds. */
  async json<T>(name: string, make: () => T, whole: (value: Partial<T> | null) => boolean): Promise<T> {
    const encode = async () => new TextEncoder().encode(JSON.stringify(make()));
    const path = await this.file(name, encode, async (file) => whole(parsed<T>(new TextDecoder().decode(file))));
    return JSON.parse(await readFile(path, "utf8")) as T;
  }

  /** Done: what lies among temporary files is removed. */
  async finish(): Promise<void> {
    if (!this.#temporary) return;
    // Under another name, so that no other run takes it over half removed.
    const leaving = `${this.folder}-${process.pid}-done`;
    const path = await rename(this.folder, leaving).then(
      () => leaving,
      () => this.folder,
    );
    await rm(path, { recursive: true, force: true });
  }
}

/**
 * A folder among temporary files that no other run works in, which would remove it when it is done; nor one of another user's.
 * @param path of the first; others are called alike
 */
async function claimed(path: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? path : `${path}-${n}`;
    await mkdir(folder, { mode: 0o700 }).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
    const found = await lstat(folder).catch(() => null);
    const isOurs = found?.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
    if (isOurs && (await claim(folder))) return folder;
  }
}

/**
 * Writes whose a folder is, where it is not that of a process that still runs. Each owner's file is numbered after the one before it, and
 * none is written twice: so of several that try at once one has the folder.
 */
async function claim(folder: string): Promise<boolean> {
  const own = String(process.pid);
  const file = (number: number) => join(folder, `process-${number}`);
  try {
    const names = await readdir(folder);
    const last = names.reduce((most, name) => Math.max(most, Number(/^process-(\d+)$/.exec(name)?.[1] ?? 0)), 0);
    if (last > 0) {
      const owner = await readFile(file(last), "utf8");
      if (owner === own) return true;
      // Where nothing stands in it yet, another process is about to write it.
      if (owner === "" || isRunning(Number(owner))) return false;
    }
    await writeFile(file(last + 1), own, { flag: "wx" });
    return true;
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What a text holds as JSON, null where it is none. */
function parsed<T>(text: string): Partial<T> | null {
  try {
    return JSON.parse(text) as Partial<T> | null;
  } catch {
    return null;
  }
}

const READINGS = [
  "right",
  "same",
  "error",
  "spikes",
  "operations",
  "inputOperations",
  "milliseconds",
] as const satisfies readonly (keyof Row)[];

/** A row, or null of a line that was cut off when a run was interrupted, or that was damaged since. */
function rowFrom(line: string): Row | null {
  const row = parsed<Row>(line);
  if (typeof row?.run !== "string" || typeof row.image !== "string" || !Number.isFinite(row.reference)) return null;
  const length = row.same?.length;
  const readings = READINGS.every((name) => {
    const values: readonly (number | null)[] | undefined = row[name];
    if (!Array.isArray(values) || values.length !== length) return false;
    return values.every((value) => Number.isFinite(value) || (name === "right" && value === null));
  });
  return readings ? (row as Row) : null;
}
