/** Browsers: Debian's Chromium, driven by playwright-core, on pages served under a strict content security policy. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { RUNTIMES } from "./folders.ts";
import type { Host, Measurement, Work } from "./host.ts";
import { versionOf } from "./programs.ts";

export const CHROMIUM = "/usr/bin/chromium";

/** What a page may do: run scripts of its own server and compile WebAssembly, nothing inline, nothing from elsewhere, no eval. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** What makes a page cross-origin isolated. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

export interface Site {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves a folder on loopback.
 * @param routes addresses (without the slash) of single files elsewhere, looked up at every request
 * @param policy of its pages
 * @param isolated whether pages are cross-origin isolated, as several threads need it
 */
export async function serve(
  folder: string,
  routes: ReadonlyMap<string, string> = new Map(),
  policy = POLICY,
  isolated = false,
): Promise<Site> {
  const server: Server = createServer(async (request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname.slice(1)).replace(
      /(^|\/)$/,
      "$1index.html",
    );
    const path = routes.get(name) ?? join(folder, normalize(`/${name}`));
    const found = await stat(path).catch(() => null);
    if (!found?.isFile()) {
      response.writeHead(name === "favicon.ico" ? 204 : 404).end();
      return;
    }
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    response.writeHead(200, {
      "content-type": type,
      "content-security-policy": policy,
      "cache-control": "no-store",
      ...(isolated && ISOLATED),
    });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The parts of Playwright's interface that are used here. */
export interface Page {
  goto(address: string): Promise<unknown>;
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  /** Not under a policy without 'unsafe-eval'. */
  evaluate<T>(expression: string): Promise<T>;
  /** Not under a policy without 'unsafe-eval'. */
  waitForFunction(expression: string, argument?: unknown, options?: { timeout: number }): Promise<unknown>;
  waitForSelector(selector: string, options?: { timeout: number }): Promise<unknown>;
  screenshot(options: { path: string }): Promise<unknown>;
  setInputFiles(selector: string, path: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  textContent(selector: string): Promise<string | null>;
  click(selector: string): Promise<void>;
  locator(selector: string): { boundingBox(): Promise<{ x: number; y: number }> };
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  readonly mouse: {
    move(x: number, y: number, options?: { steps: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  close(): Promise<void>;
}

export interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** Starts Chromium without a window and without any connection of its own. */
export function launch(): Promise<Browser> {
  const { chromium } = createRequire(join(RUNTIMES, "x.js"))("playwright-core");
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

async function measure(browser: Browser, root: string, { model, inputs, build, mode }: Work): Promise<Measurement> {
  const site = await serve(
    root,
    new Map([
      ["model", model.path],
      ["samples", inputs.path],
    ]),
  );
  const page = await browser.newPage();
  try {
    const question = new URLSearchParams({ count: String(inputs.count), build, mode });
    await page.goto(`${site.address}page.html?${question}`);
    await page.waitForSelector("output", { timeout: 300_000 });
    const measured = JSON.parse((await page.textContent("output")) ?? "") as Measurement & {
      build: string;
      error?: string;
    };
    if (measured.error !== undefined) throw new Error(`the page failed: ${measured.error}`);
    if (measured.build !== build) throw new Error(`chromium took the ${measured.build} build, not the ${build} one`);
    const { digest, coldMs, msPerImage } = measured;
    return { digest, coldMs, msPerImage };
  } finally {
    await page.close();
    await site.close();
  }
}

export const chromium: Host = {
  name: "chromium",
  words: "```page",
  builds: ["baseline", "relaxed"],
  install: "npm ci --prefix test/hosts; apt-get install chromium",
  version: async () => {
    const driver = await versionOf(process.execPath, join(RUNTIMES, "playwright-core/cli.js"), "--version");
    return driver && versionOf(CHROMIUM);
  },
  open: async (root) => {
    const browser = await launch();
    return { measure: (work) => measure(browser, root, work), close: () => browser.close() };
  },
};
