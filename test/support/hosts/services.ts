/** The services that the project has for others to copy, started to be loaded. */

import { spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng } from "../files/png.ts";
import { bundleService, startService } from "./edge.ts";
import { PROJECT, RUNTIMES } from "./folders.ts";
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

async function edge(): Promise<Running> {
  const bundle = await bundleService();
  let text = "";
  const service = await startService(bundle, "assets", MODEL, {}, (line) => {
    text += line;
  });
  return {
    name: "workerd",
    address: new URL("/classify", service.address),
    pid: service.pid,
    maxBody: 2 ** 20,
    answerOf: (body) => (JSON.parse(body) as { label: string }).label,
    log: () => text,
    async stop() {
      await service.stop();
      await bundle.remove();
    },
  };
}

async function deno(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "bsnn-service-"));
  await install(folder, "--omit=dev", (await pack(folder)).path);
  await copyFile(join(PROJECT, "hosts/deno/serve.ts"), join(folder, "serve.ts"));
  const args = ["run", "--no-prompt", "--allow-read", "--allow-net=127.0.0.1", "serve.ts", MODEL, "0"];
  // The program itself, so that its memory is that of the server.
  const program = join(RUNTIMES, "deno/deno");
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, NO_COLOR: "1" } });
  let text = "";
  const address = await new Promise<URL>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = text.match(/http:\/\/127\.0\.0\.1:\d+\//)?.[0];
      if (found) resolve(new URL(found));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`deno ended with ${code}: ${text}`)));
  });
  return {
    name: "Deno",
    address,
    pid: child.pid!,
    maxBody: 2 ** 22,
    answerOf: (body) => (JSON.parse(body) as { top: { label: string }[] }).top[0].label,
    log: () => text.replace(/^.*Listening on.*\n?/m, "").trim(),
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
