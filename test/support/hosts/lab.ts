/** The lab page in Chromium: built once, served from a sub-folder, watched for whatever it should not do. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { CHROMIUM, type Site, serve } from "./chromium.ts";
import { PROJECT, RUNTIMES } from "./folders.ts";
import { emptyFolder } from "./package.ts";

/** What the page tells of itself (`globalThis.lab`). */
export interface Shown {
  readonly samples: Uint8Array;
  readonly t: number;
  readonly settled: boolean;
  readonly recording: {
    readonly way: string;
    readonly steps: number;
    readonly spikes: number;
    readonly potentials: Int32Array;
    readonly trains: readonly { readonly starts: Uint32Array; readonly neurons: Uint32Array }[];
  } | null;
  readonly answer: { readonly potentials: Int32Array } | null;
  readonly original: { readonly values: Float32Array } | null;
}

/** The parts of Playwright's interface that are used here. */
export interface LabPage {
  goto(address: string): Promise<unknown>;
  reload(): Promise<unknown>;
  addInitScript(script: { content: string } | string): Promise<void>;
  evaluate<T>(ask: () => T | Promise<T>): Promise<T>;
  evaluate<T, A>(ask: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  waitForFunction<A>(ask: (argument: A) => unknown, argument?: A, options?: { timeout: number }): Promise<unknown>;
  waitForSelector(selector: string, options?: { timeout?: number; state?: "visible" | "attached" }): Promise<unknown>;
  waitForTimeout(milliseconds: number): Promise<void>;
  waitForEvent(event: "download"): Promise<{ path(): Promise<string> }>;
  click(selector: string): Promise<void>;
  press(selector: string, key: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  selectOption(selector: string, value: string): Promise<unknown>;
  setInputFiles(selector: string, files: readonly string[]): Promise<void>;
  textContent(selector: string): Promise<string | null>;
  locator(selector: string): { boundingBox(): Promise<{ x: number; y: number; width: number; height: number }> };
  screenshot(options: { path: string; fullPage?: boolean }): Promise<unknown>;
  url(): string;
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string }) => void): void;
  readonly mouse: {
    move(x: number, y: number, options?: { steps: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  context(): Context;
}

interface Context {
  newPage(): Promise<LabPage>;
  newCDPSession(
    page: LabPage,
  ): Promise<{ send(method: string): Promise<{ metrics: { name: string; value: number }[] }> }>;
  setOffline(offline: boolean): Promise<void>;
  close(): Promise<void>;
}

interface Browser {
  newContext(options: {
    viewport: { width: number; height: number };
    colorScheme: "dark" | "light";
    reducedMotion: "reduce" | "no-preference";
  }): Promise<Context>;
  close(): Promise<void>;
}

export interface LookOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "dark" | "light";
  /** Without it digits are played by themselves. */
  readonly still?: boolean;
  readonly state?: string;
}

/** The page's site and a browser. */
export interface Lab {
  readonly address: string;
  readonly folder: string;
  /** Errors, warnings, violations of the policy, requests to elsewhere. */
  readonly complaints: string[];
  /** Addresses asked for, of the last page that was opened. */
  readonly requests: string[];
  open(options?: LookOptions): Promise<LabPage>;
  close(): Promise<void>;
}

/** Builds the page and starts a browser. */
export async function openLab(): Promise<Lab> {
  const temporary = await emptyFolder();
  const folder = join(temporary.path, "some/where");
  const { buildLab } = (await import(join(PROJECT, "hosts/browser/lab/build.mjs"))) as {
    buildLab(folder: string): Promise<unknown>;
  };
  await buildLab(folder);
  const policy = readFileSync(join(folder, "index.html"), "utf8").match(/content="(default-src[^"]+)"/)![1];
  const site: Site = await serve(temporary.path, new Map(), policy);
  const { chromium } = createRequire(join(RUNTIMES, "x.js"))("playwright-core");
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  const complaints: string[] = [];
  const requests: string[] = [];
  return {
    address: `${site.address}some/where/`,
    folder,
    complaints,
    requests,
    open: async ({ width = 1280, height = 800, theme = "dark", still = true, state = "" } = {}) => {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        reducedMotion: still ? "reduce" : "no-preference",
      });
      const page = await context.newPage();
      requests.length = 0;
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error.stack)));
      page.on("request", (request) => {
        requests.push(request.url());
        const local = /^(?:blob|data):/.test(request.url());
        if (!local && !request.url().startsWith(`${site.address}some/where/`))
          complaints.push(`asked ${request.url()}`);
      });
      await page.goto(`${site.address}some/where/${state && `#${state}`}`);
      await page.waitForSelector("html[data-ready]", { timeout: 30_000, state: "attached" });
      return page;
    },
    close: async () => {
      await browser.close();
      await site.close();
      await temporary.remove();
    },
  };
}

declare global {
  var lab: Shown;
}

/** Digits as strokes, in tenths of the pad. */
export const DRAWN: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "1": [[5, 1, 5, 9]],
  "4": [
    [4, 1, 2, 6, 8, 6],
    [6, 3, 6, 9],
  ],
  "7": [[1, 5, 4, 5, 2.5, 9]],
};

export async function draw(page: LabPage, strokes: readonly (readonly number[])[], steps = 6): Promise<void> {
  const { x, y, width, height } = await page.locator("#pad").boundingBox();
  const at = (stroke: readonly number[], i: number) =>
    [x + (width * stroke[i]) / 10, y + (height * stroke[i + 1]) / 10] as const;
  for (const stroke of strokes) {
    await page.mouse.move(...at(stroke, 0));
    await page.mouse.down();
    for (let i = 2; i < stroke.length; i += 2) await page.mouse.move(...at(stroke, i), { steps });
    await page.mouse.up();
  }
}

/** What the page has recorded of its samples, once it has. */
export async function shown(
  page: LabPage,
): Promise<{ samples: Uint8Array; potentials: number[]; period: number[]; steps: number; t: number }> {
  await page.waitForFunction(() => globalThis.lab.settled && globalThis.lab.answer);
  await page.waitForTimeout(50);
  const found = await page.evaluate(() => ({
    samples: [...globalThis.lab.samples],
    potentials: [...globalThis.lab.recording!.potentials],
    period: [...globalThis.lab.answer!.potentials],
    steps: globalThis.lab.recording!.steps,
    t: globalThis.lab.t,
  }));
  return { ...found, samples: Uint8Array.from(found.samples) };
}

export const digest = (values: readonly number[]) => createHash("sha256").update(Int32Array.from(values)).digest("hex");
