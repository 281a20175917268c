/** What a comparison has found so far, kept so that it can go on where it was interrupted. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atPath } from "../report/failure.ts";
import { writeOutput } from "../report/output-file.ts";

/** What one run of one input came to, compared with the original; one number per mark. */
export interface Row {
  readonly run: string;
  readonly image: number;
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
    const folder = join(given ?? tmpdir(), name);
    try {
      await mkdir(folder, { recursive: true });
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
      if (row) this.#rows.set(`${row.run} ${row.image}`, row);
    }
    // What comes next must not go on a line that was cut off.
    if (text !== "" && !text.endsWith("\n")) await appendFile(this.#rowsFile, "\n");
  }

  /** How many rows there are. */
  get count(): number {
    return this.#rows.size;
  }

  row(run: string, image: number): Row | undefined {
    return this.#rows.get(`${run} ${image}`);
  }

  async add(row: Row): Promise<void> {
    this.#rows.set(`${row.run} ${row.image}`, row);
    await appendFile(this.#rowsFile, `${JSON.stringify(row)}\n`);
  }

  /** A file of the folder, made where it is not there; written in one piece. */
  async file(name: string, make: () => Promise<Uint8Array>): Promise<string> {
    const path = join(this.folder, name);
    if (!existsSync(path)) await writeOutput(path, await make());
    return path;
  }

  /** The same of a value that JSON holds. */
  async json<T>(name: string, make: () => T): Promise<T> {
    const path = await this.file(name, async () => new TextEncoder().encode(JSON.stringify(make())));
    return JSON.parse(await readFile(path, "utf8")) as T;
  }

  /** Done: what lies among temporary files is removed. */
  async finish(): Promise<void> {
    if (this.#temporary) await rm(this.folder, { recursive: true, force: true });
  }
}

/** A row, or null of a line that was cut off when a run was interrupted. */
function rowFrom(line: string): Row | null {
  try {
    return JSON.parse(line) as Row;
  } catch {
    return null;
  }
}
