/** The command on every Node, and the programs for Deno and Bun, with the packed package. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import { assertContains } from "../support/contains.ts";
import { encodePng } from "../support/files/png.ts";
import { available } from "../support/hosts/available.ts";
import { PROJECT, RUNTIMES } from "../support/hosts/folders.ts";
import type { Host } from "../support/hosts/host.ts";
import { installedPackage } from "../support/hosts/package.ts";
import { processes } from "../support/hosts/processes.ts";
import { runProgram } from "../support/hosts/programs.ts";

const test = suite("scripts");
const DENO = join(RUNTIMES, ".bin/deno");
const BUN = join(RUNTIMES, ".bin/bun");
const MODEL = "node_modules/bsnn/models/digits.bsnn.gguf";
const IMAGE = "node_modules/bsnn/models/seven.png";
const samples = await readFile(join(PROJECT, "test/hosts/digits.raw"));
const png = (digit: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(encodePng(28, 28, "grey", [...samples.subarray(784 * digit, 784 * (digit + 1))]));

const named = (name: string) => processes.filter((host) => host.name === name);
const deno = await available(...named("deno"));
const bun = await available(...named("bun"));

const nodes: Host[] = [];
for (const host of processes) if (host.name.startsWith("node") && (await available(host))) nodes.push(host);

let root = "";
let remove = async (): Promise<void> => undefined;

test.before(async () => {
  if (!deno && !bun && nodes.length === 0) return;
  ({ root, remove } = await installedPackage());
  await cp(join(PROJECT, "hosts/deno"), root, { recursive: true });
  await copyFile(join(PROJECT, "hosts/bun/classify.ts"), join(root, "classify-bun.ts"));
});
test.after(() => remove());

for (const host of nodes) {
  test(`on ${host.name} the command classifies an image`, async () => {
    const node = join(RUNTIMES, `${host.name.replace(" ", "")}/bin/node`);
    const command = join(root, "node_modules/bsnn/dist/cli.js");
    const { stdout } = await runProgram(node, [command, "run", MODEL, IMAGE, "--top", "1"], root);
    assert.match(stdout, /7 +7\.2/);
  });
}

if (deno) {
  test("on Deno the core needs no permission at all", async () => {
    const program = `import { load } from "bsnn";
      await load(new Uint8Array(9)).catch(({ code }) => console.log(code));`;
    await writeFile(join(root, "permissions.js"), program);
    const { stdout } = await runProgram(DENO, ["run", "--no-prompt", "permissions.js"], root);
    assert.equal(stdout, "bad-model\n", "the core has run and has refused the bytes");
  });

  test("on Deno images are classified with leave to read them, and not without", async () => {
    const args = ["classify.ts", MODEL, IMAGE];
    const { stdout } = await runProgram(DENO, ["run", "--no-prompt", `--allow-read=${MODEL},${IMAGE}`, ...args], root);
    assertContains(stdout, `${IMAGE}: 7 (7.26)`);
    const refused = await runProgram(DENO, ["run", "--no-prompt", ...args], root).catch(
      (error: Error) => error.message,
    );
    assert.match(String(refused), /read access to ".*digits.bsnn.gguf"/);
  });

  test("the programs for Deno pass its type check", async () => {
    await runProgram(DENO, ["check", "classify.ts", "serve.ts"], root);
  });

  test("the server for Deno answers, refuses with the right status, and goes on", async () => {
    const args = ["run", "--no-prompt", "--allow-read", "--allow-net=127.0.0.1", "serve.ts", MODEL, "0"];
    const server: ChildProcess = spawn(DENO, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    try {
      const address = await new Promise<string>((resolve, reject) => {
        const listen = (text: Buffer): void => {
          const [found] = String(text).match(/http:\/\/\S+\//) ?? [];
          if (found) resolve(found);
        };
        server.stdout?.on("data", listen);
        server.stderr?.on("data", listen);
        server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
      });
      const post = (body: BodyInit) => fetch(address, { method: "POST", body });
      const status = async (answer: Promise<Response>): Promise<number> => (await answer).status;
      assert.equal(await status(fetch(address)), 405);
      assert.equal(await status(fetch(`${address}other`)), 404);
      assert.equal(await status(post("hello")), 415);
      assert.equal(await status(post(png(1).subarray(0, 60))), 422);
      assert.equal(await status(post(new Uint8Array(2 ** 22 + 1))), 413);
      const bomb = Buffer.from(png(1));
      bomb.writeUInt32BE(100_000, 16);
      bomb.writeUInt32BE(100_000, 20);
      assert.equal(await status(post(bomb)), 413);
      for (let digit = 0; digit < 10; digit++) {
        const { top, steps } = (await (await post(png(digit))).json()) as { top: { index: number }[]; steps: number };
        assert.deepEqual([top[0].index, top.length, steps], [digit, 5, 50]);
      }
    } finally {
      server.kill();
    }
  });
}

if (bun) {
  test("on Bun images are classified", async () => {
    const { stdout } = await runProgram(BUN, ["run", "classify-bun.ts", MODEL, IMAGE], root);
    assert.equal(stdout, `${IMAGE}: 7 (7.26)\n`);
  });
}

test.run();
