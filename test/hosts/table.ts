/**
 * The cross-host table: runs one set of models and inputs on every host, in both modes and builds, and compares the digests of
 * all outputs. Exit codes: 0 all equal, 1 something differs or failed, 2 usage.
 */

import { parseArgs } from "node:util";
import type { CoreBuild, Mode } from "../../bindings/types.ts";
import { table } from "../../hosts/node/report/terminal.ts";
import type { Host, Runner } from "../support/hosts/host.ts";
import { hosts } from "../support/hosts/hosts.ts";
import { installedPackage } from "../support/hosts/package.ts";
import { type Subject, subjects } from "../support/hosts/works.ts";

const USAGE = `npm run hosts [-- OPTIONS]
  --json          print one JSON object
  --require-all   a host that is not installed is an error
  --only NAME     only this host (may be repeated)
  --model NAME    only this model (may be repeated)`;

interface Row {
  readonly host: string;
  readonly version: string;
  readonly model: string;
  readonly build: CoreBuild;
  readonly mode: Mode;
  readonly digest: string | null;
  readonly equal: boolean;
  readonly coldMs: number | null;
  readonly msPerImage: number | null;
  readonly error?: string;
}

const MODES: readonly Mode[] = ["period", "step"];

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function measureHost(
  host: Host,
  version: string,
  runner: Runner,
  found: readonly Subject[],
  expected: Map<string, string>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { model, inputs } of found) {
    for (const build of host.builds) {
      for (const mode of MODES) {
        const row = { host: host.name, version, model: model.name, build, mode };
        try {
          const measurement = await runner.measure({ model, inputs, build, mode });
          if (!expected.has(model.name)) expected.set(model.name, measurement.digest);
          rows.push({ ...row, ...measurement, equal: measurement.digest === expected.get(model.name) });
        } catch (error) {
          const reason = (error as Error).message;
          rows.push({ ...row, digest: null, equal: false, coldMs: null, msPerImage: null, error: reason });
        }
      }
    }
  }
  return rows;
}

function printTable(rows: readonly Row[]): void {
  const ms = (value: number | null): string => (value === null ? "" : value.toFixed(value < 10 ? 2 : 0));
  const cells = rows.map((row) => [
    row.host,
    row.version,
    row.model,
    row.build,
    row.mode,
    row.digest === null ? "failed" : `${row.digest.slice(0, 12)}${row.equal ? "" : " DIFFERS"}`,
    ms(row.coldMs),
    ms(row.msPerImage),
  ]);
  const heads = ["host", "version", "model", "build", "mode", "digest", "cold start, ms", "per image, ms"];
  process.stdout.write(`${table(heads, cells)}\n`);
  for (const { host, model, build, mode, error } of rows) {
    if (error !== undefined) note(`${host}, ${model}, ${build}, ${mode}: ${error}`);
  }
}

interface Options {
  readonly json: boolean;
  readonly requireAll: boolean;
  readonly only: readonly string[];
  readonly models: readonly string[];
}

async function main({ json, requireAll, only, models }: Options): Promise<number> {
  const chosen = hosts.filter(({ name }) => only.length === 0 || only.includes(name));
  const found = await subjects(models, note);
  const expected = new Map(found.flatMap(({ model, digest }) => (digest === null ? [] : [[model.name, digest]])));
  const { root, remove } = await installedPackage();
  const rows: Row[] = [];
  const skipped: { host: string; install: string }[] = [];
  try {
    for (const host of chosen) {
      const version = await host.version();
      if (version === null) {
        skipped.push({ host: host.name, install: host.install });
        continue;
      }
      const runner = await host.open(root);
      try {
        rows.push(...(await measureHost(host, version, runner, found, expected)));
      } finally {
        await runner.close();
      }
    }
  } finally {
    await remove();
  }
  if (json) process.stdout.write(`${JSON.stringify({ rows, skipped }, null, 2)}\n`);
  else printTable(rows);
  for (const { host, install } of skipped) note(`skipped ${host}: not installed (${install})`);
  const different = rows.filter(({ equal }) => !equal).length;
  note(`${rows.length - different} of ${rows.length} measurements give the expected digest`);
  return different > 0 || rows.length === 0 || (requireAll && skipped.length > 0) ? 1 : 0;
}

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        "require-all": { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        model: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return null;
    return { json: values.json, requireAll: values["require-all"], only: values.only, models: values.model };
  } catch (error) {
    note((error as Error).message);
    return null;
  }
}

const options = readOptions();
if (options === null) note(USAGE);
process.exit(options === null ? 2 : await main(options));
