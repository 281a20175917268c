/** The edge service as it would be deployed: its folder copied, the packed package installed, bundled by wrangler, run by workerd. */

import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { PROJECT, RUNTIMES } from "./folders.ts";
import { type Heap, heapOf } from "./inspector.ts";
import { emptyFolder, install, pack } from "./package.ts";
import { children } from "./process-use.ts";
import { COMPATIBILITY, type Miniflare, miniflare } from "./workerd.ts";

export interface Bundle {
  readonly folder: string;
  /** What wrangler said about the deployment it did not make. */
  readonly report: string;
  /** Bytes of the script and the modules it imports, each compressed by gzip. */
  readonly compressed: number;
  readonly modules: readonly unknown[];
  remove(): Promise<void>;
}

/** Where the model comes from. */
export type Storage = "assets" | "kv" | "r2";

/** @param configuration which of the folder's workers */
export async function bundleService(configuration = "wrangler.jsonc"): Promise<Bundle> {
  const { path: folder, remove } = await emptyFolder();
  await cp(join(PROJECT, "hosts/edge"), folder, { recursive: true });
  await install(folder, "--omit=dev", (await pack(folder)).path);
  await mkdir(join(folder, "model"));
  await copyFile(join(folder, "node_modules/bsnn/models/digits.bsnn.gguf"), join(folder, "model/digits.bsnn.gguf"));
  const { stdout } = await promisify(execFile)(
    join(RUNTIMES, ".bin/wrangler"),
    ["deploy", "--dry-run", "--config", configuration, "--outdir", "out"],
    { cwd: folder, env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  const names = (await readdir(join(folder, "out"))).filter((name) => /\.(js|wasm)$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => ({ name, contents: await readFile(join(folder, "out", name)) })),
  );
  return {
    folder,
    report: stdout,
    compressed: files.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0),
    modules: files
      .sort((a, b) => Number(b.name.endsWith(".js")) - Number(a.name.endsWith(".js"))) // the entry comes first
      .map(({ name, contents }) =>
        name.endsWith(".js")
          ? { type: "ESModule", path: name, contents: contents.toString() }
          : { type: "CompiledWasm", path: name, contents },
      ),
    remove,
  };
}

export interface Service {
  readonly address: URL;
  /** Process id of its workerd. */
  readonly pid: number;
  /** Memory that the worker's isolate holds, without that of WebAssembly instances, in bytes. */
  heap(): Promise<Heap>;
  stop(): Promise<void>;
}

const WORKER = "classify";

/**
 * Starts the service with a model file in a storage.
 * @param onLog told what the worker logs
 */
export async function startService(
  bundle: Bundle,
  storage: Storage,
  model: string | null,
  bindings: object = {},
  onLog: (text: string) => void = () => {},
): Promise<Service> {
  const { Miniflare, Log, LogLevel } = miniflare();
  const assets = await mkdtemp(join(bundle.folder, "assets-"));
  if (storage === "assets") {
    if (model === null) await writeFile(join(assets, "other.txt"), "no model");
    else await copyFile(model, join(assets, "model.bsnn.gguf"));
  }
  const others = await children("workerd");
  const server: Miniflare = new Miniflare({
    name: WORKER,
    modules: bundle.modules,
    inspectorPort: 0,
    unsafeDirectSockets: [{}],
    compatibilityDate: COMPATIBILITY,
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio: (...streams: NodeJS.ReadableStream[]) => {
      for (const stream of streams) stream.on("data", (chunk) => onLog(String(chunk)));
    },
    bindings: { MODEL: "model.bsnn.gguf", ...bindings },
    ...(storage === "assets"
      ? {
          assets: {
            directory: assets,
            binding: "ASSETS",
            workerName: WORKER,
            routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
          },
        }
      : {}),
    ...(storage === "kv" ? { kvNamespaces: ["MODELS_KV"] } : {}),
    ...(storage === "r2" ? { r2Buckets: ["MODELS_R2"] } : {}),
  });
  await server.ready;
  const address = await server.unsafeGetDirectURL();
  const inspector = await server.getInspectorURL();
  const pid = (await children("workerd")).find((id) => !others.includes(id));
  if (pid === undefined) throw new Error("no workerd has been started");
  if (model !== null && storage !== "assets") {
    const stored = storage === "kv" ? await server.getKVNamespace("MODELS_KV") : await server.getR2Bucket("MODELS_R2");
    await stored.put("model.bsnn.gguf", new Uint8Array(await readFile(model)).buffer);
  }
  return { address, pid, heap: () => heapOf(new URL(`/core:user:${WORKER}`, inspector)), stop: () => server.dispose() };
}
