/** The services that the project has for others to copy, started to be loaded. */

import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng } from "../files/png.ts";
import { bundleService, startService } from "./edge.ts";
import { PROJECT, RUNTIMES } from "./folders.ts";
import { collectGarbage, heapOf } from "./inspector.ts";
import { install, pack } from "./package.ts";
import type { Served } from "./service-load.ts";

export interface Running extends Served {
  /** What it has written of its own accord: failures, rejections that nobody handles. */
  log(): string;
  stop(): Promise<void>;
}

const MODEL = join(PROJECT, "models/digits.bsnn.gguf");

/** The ten digits that all hosts are compared by, and their classes. */
export async function digitFiles(): Promise<{ png: Uint8Array; label: string }[]> {
  const samples = await readFile(join(PROJECT, "test/hosts/digits.raw"));
  return Array.from({ length: 10 }, (_, digit) => ({
    png: new Uint8Array(encodePng(28, 28, "grey", [...samples.subarray(784 * digit, 784 * (digit + 1))])),
    label: String(digit),
  }));
}

/** What the runtimes themselves take: a service that reads a body, remembers nothing and answers. */
const EMPTY = `async (request) => {
  for await (const _ of request.body ?? []);
  return new Response("empty");
}`;

/** @param isEmpty whether it is one that does nothing, beside which the other's memory is seen */
async function edge(isEmpty = false): Promise<Running> {
  const bundle = await bundleService();
  const contents = `export default { fetch: ${EMPTY} };`;
  const modules = isEmpty ? [{ type: "ESModule", path: "empty.js", contents }] : bundle.modules;
  let text = "";
  const service = await startService({ ...bundle, modules }, "assets", MODEL, {}, (line) => {
    text += line;
  });
  return {
    name: isEmpty ? "empty workerd" : "workerd",
    address: new URL("/classify", service.address),
    pid: service.pid,
    maxBody: 2 ** 20,
    answerOf: (body) => (JSON.parse(body) as { label: string }).label,
    heap: service.heap,
    log: () => text,
    async stop() {
      await service.stop();
      await bundle.remove();
    },
  };
}

/** @param isEmpty as for `edge` */
async function deno(isEmpty = false): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "bsnn-service-"));
  if (isEmpty) {
    await writeFile(join(folder, "serve.ts"), `Deno.serve({ hostname: "127.0.0.1", port: 0 }, ${EMPTY});`);
  } else {
    await install(folder, "--omit=dev", (await pack(folder)).path);
    await cp(join(PROJECT, "hosts/deno"), folder, { recursive: true });
  }
  const rights = ["--no-prompt", "--no-check", "--allow-read", "--allow-net=127.0.0.1"];
  const args = ["run", "--inspect=127.0.0.1:0", ...rights, "serve.ts", MODEL, "0"];
  // The program itself, so that its memory is that of the server.
  const program = join(RUNTIMES, "deno/deno");
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, NO_COLOR: "1" } });
  let text = "";
  const found = (address: RegExp): string | undefined => text.match(address)?.[0];
  const address = await new Promise<URL>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      const served = found(/http:\/\/127\.0\.0\.1:\d+\//);
      if (served) resolve(new URL(served));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`deno ended with ${code}: ${text}`)));
  });
  const inspector = found(/ws:\/\/127\.0\.0\.1:\d+\/\S+/);
  if (inspector === undefined) throw new Error(`deno has no inspector: ${text}`);
  return {
    name: isEmpty ? "empty Deno" : "Deno",
    address,
    pid: child.pid!,
    maxBody: 2 ** 22,
    answerOf: (body) => (JSON.parse(body) as { top: { label: string }[] }).top[0].label,
    heap: () => heapOf(new URL(inspector)),
    collect: () => collectGarbage(new URL(inspector)),
    log: () => text.replace(/^.*(Listening on|Debugger listening|Visit chrome|Debugger session).*\n?/gm, "").trim(),
    async stop() {
      child.removeAllListeners("exit");
      const gone = new Promise((resolve) => child.on("exit", resolve));
      child.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const SERVICES = { edge, deno } as const;
