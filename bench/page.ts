/**
 * What a page weighs that answers with ResNet20, and when its first answer is there: bsnn beside onnxruntime-web and tfjs, in Chromium,
 * over a server that gzips; nothing cached, contenders taking turns. tfjs needs `npm ci --prefix bench/page`. transformers.js is not
 * among them: it brings onnxruntime-web itself.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../hosts/node/report/scores.ts";
import { count, note, print, table } from "../hosts/node/report/terminal.ts";
import { contenders } from "./page/pages.ts";
import { type PageServer, servePage } from "./page/server.ts";
import { SHARED } from "./shared-models.ts";

interface Found {
  readonly answer: number;
  /** Logits. */
  readonly values: readonly number[];
  /** Ms from the start of navigation to the first answer. */
  readonly first: number;
  /** Ms per further image. */
  readonly further: number;
  readonly bytes: number;
}

/** Lighthouse's slow 4G: 1.6 Mbit/s down, 0.75 up, 150 ms. */
const SLOW = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 };

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    /** Converted ResNet20, where it need not be converted now. */
    model: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const onnx = join(SHARED, "models/resnet20-cifar10.onnx");
const images = join(SHARED, "data/cifar10/test");
if (!existsSync(onnx)) throw new Error(`${onnx} is not there`);
const [folder] = readdirSync(images).sort();
const image = join(images, folder, readdirSync(join(images, folder)).sort()[0]);

const root = mkdtempSync(join(tmpdir(), "bsnn-page-"));
const { chromium } = createRequire(join(process.cwd(), "test/hosts/package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const servers = new Map<string, PageServer>();

async function load(server: PageServer, slow: boolean): Promise<Found> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    if (slow) {
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", SLOW);
    }
    server.takeBytes();
    await page.goto(server.address);
    await page.waitForSelector("output:not(:empty)", { timeout: 180_000 });
    const found = JSON.parse(await page.textContent("output"));
    if (found.error) throw new Error(found.error);
    return { ...found, bytes: server.takeBytes() };
  } finally {
    await context.close();
  }
}

try {
  const model = values.model ?? join(root, "model.bsnn.gguf");
  const preprocessing = ["--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"];
  const calibration = ["--calibration", join(SHARED, "data/cifar10/calibration")];
  const convert = ["dist/cli.js", "convert", onnx, "-o", model, ...calibration, ...preprocessing];
  if (values.model === undefined) {
    execFileSync(process.execPath, convert, { stdio: ["ignore", "ignore", "inherit"] });
  }
  const pages = await contenders(model, onnx);
  for (const page of pages) servers.set(page.name, await servePage(page, image));
  if (!pages.some(({ name }) => name.startsWith("tfjs"))) note("tfjs is not installed: npm ci --prefix bench/page");
  const results = new Map(pages.map(({ name }) => [name, { fast: [] as Found[], slow: [] as Found[] }]));
  for (let round = 0; round < rounds; round++) {
    for (const { name } of pages) {
      const { fast, slow } = results.get(name)!;
      fast.push(await load(servers.get(name)!, false));
      slow.push(await load(servers.get(name)!, true));
    }
  }
  const reference = results.get(pages.find(({ exact }) => exact)!.name)!.fast[0].values;
  for (const { name } of pages.filter(({ exact }) => exact)) {
    const { values } = results.get(name)!.fast[0];
    const error = Math.max(...values.map((value, k) => Math.abs(value - reference[k])));
    if (!(error < 1e-3)) throw new Error(`${name} is another network: its logits differ by ${error}`);
  }
  const middle = (of: readonly Found[], field: "first" | "further" | "bytes") =>
    median(of.map((found) => found[field]));
  const figures = pages.map(({ name }) => {
    const { fast, slow } = results.get(name)!;
    const first = [middle(fast, "first"), middle(slow, "first")];
    return { name, answer: fast[0].answer, bytes: middle(fast, "bytes"), first, further: middle(fast, "further") };
  });
  const [own] = figures;
  const times = (value: number, base: number) => `${(value / base).toFixed(1)}×`;
  const rows = figures.map(({ name, answer, bytes, first, further }) => [
    name,
    String(answer),
    `${count(bytes / 1000)} kB`,
    times(bytes, own.bytes),
    `${count(first[0])} ms`,
    times(first[0], own.first[0]),
    `${(first[1] / 1000).toFixed(1)} s`,
    times(first[1], own.first[1]),
    `${further.toFixed(1)} ms`,
  ]);
  const head = ["page", "answer", "gzip", "", "first answer", "", "slow 4G", "", "further image"];
  await print(`${table(head, rows)}\n\nmedians of ${rounds} rounds, Chromium ${browser.version()}\n`);
} finally {
  await browser.close();
  for (const server of servers.values()) server.close();
  rmSync(root, { recursive: true });
}
