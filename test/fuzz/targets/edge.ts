/** Requests to the edge service's own handler, in this process: answered or refused, never failed. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { encodePng } from "../../support/files/png.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { withSums } from "../png-sums.ts";
import { type Target, words } from "../target.ts";

interface Service {
  fetch(request: Request, env: object): Promise<Response>;
}

const EXPECTED = new Set([200, 204, 400, 404, 405, 413, 415, 422]);

/** The worker with the package as Node sees it. */
async function bundled(): Promise<Service> {
  const out = join(PROJECT, "dist/fuzzed-service.mjs");
  const packageOf: Record<string, string> = { bsnn: "dist/node.js", "bsnn/images": "dist/images/node.js" };
  await build({
    entryPoints: [join(PROJECT, "hosts/edge/src/worker.ts")],
    bundle: true,
    format: "esm",
    outfile: out,
    logLevel: "silent",
    plugins: [
      {
        name: "package",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^bsnn(?:\/|$)/ }, ({ path }) => ({
            path: pathToFileURL(join(PROJECT, packageOf[path])).href,
            external: true,
          })),
      },
    ],
  });
  return ((await import(pathToFileURL(out).href)) as { default: Service }).default;
}

const service = await bundled();
const model = await readFile(join(PROJECT, "models/digits.bsnn.gguf"));
const env = {
  MODEL: "digits.bsnn.gguf",
  CORS_ORIGIN: "https://example.org",
  MODELS_KV: { get: async () => new Uint8Array(model).buffer },
};

const END = "\r\n\r\n";

/** Reads bytes as a request is written; null where the platform would let none of it through to a worker. */
function requestOf(bytes: Uint8Array): Request | null {
  const buffer = Buffer.from(bytes);
  const end = buffer.indexOf(END);
  const [first, ...lines] = buffer
    .subarray(0, end < 0 ? buffer.length : end)
    .toString("latin1")
    .split("\r\n");
  const [method, path] = first.split(" ");
  const body = end < 0 ? null : new Uint8Array(buffer.subarray(end + END.length));
  try {
    const headers = new Headers(
      lines.map((line) => line.split(": ", 2)).filter((pair) => pair.length === 2) as [string, string][],
    );
    const withBody = body && method !== "GET" && method !== "HEAD";
    return new Request(new URL(path, "http://service.local"), {
      method,
      headers,
      body: withBody ? pieces(body) : null,
      duplex: "half",
    } as RequestInit);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** A body that comes bit by bit, and breaks off where its length says so. */
function pieces(body: Uint8Array<ArrayBuffer>): ReadableStream {
  let at = 0;
  // As a server's own: of bytes, which are read into a buffer.
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const piece = body.slice(at, at + 500);
      at += piece.length;
      if (piece.length > 0) controller.enqueue(piece);
      else if (body.length % 31 === 30) controller.error(new Error("the client has gone"));
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}

export const target: Target = {
  what: "requests to the edge service's handler",
  longest: 4096,
  words: words(
    "GET",
    "POST",
    "HEAD",
    "OPTIONS",
    "/classify",
    "/model",
    "?top=",
    "&mode=step",
    "&spikes=1",
    "content-type: ",
    "content-length: ",
    "image/png",
    "image/jpeg",
    "application/octet-stream",
    END,
    "\r\n",
    "%00",
    "top=99999",
    "origin: https://a",
  ),
  async seeds() {
    const png = new Uint8Array(await readFile(join(PROJECT, "models/seven.png")));
    const small = encodePng(
      6,
      6,
      "rgb",
      Array.from({ length: 108 }, (_, i) => i),
    );
    const request = (head: string, body: Uint8Array = new Uint8Array()) =>
      new Uint8Array(Buffer.concat([Buffer.from(head + END), body]));
    return [
      request("POST /classify?top=3&mode=period HTTP/1.1\r\ncontent-type: image/png", png),
      request("POST /classify?top=10&mode=step&spikes=1 HTTP/1.1\r\ncontent-type: image/png", small),
      request("POST /classify HTTP/1.1\r\ncontent-type: application/octet-stream", new Uint8Array(784)),
      request("POST /classify HTTP/1.1\r\ncontent-type: image/jpeg\r\ncontent-length: 2000000", png),
      request("GET /model HTTP/1.1"),
      request("OPTIONS /classify HTTP/1.1\r\norigin: https://example.org"),
    ];
  },
  mend(bytes) {
    const buffer = Buffer.from(bytes);
    const end = buffer.indexOf(END);
    return end < 0
      ? bytes
      : new Uint8Array(
          Buffer.concat([buffer.subarray(0, end + END.length), withSums(buffer.subarray(end + END.length))]),
        );
  },
  async run(bytes) {
    const request = requestOf(bytes);
    if (request === null) return;
    const response = await service.fetch(request, env);
    assert.ok(EXPECTED.has(response.status), `status ${response.status}`);
    assert.equal(response.headers.get("access-control-allow-origin"), env.CORS_ORIGIN);
    if (response.status === 204) return;
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    const answer = (await response.json()) as { error?: string };
    assert.equal(typeof answer.error, response.ok ? "undefined" : "string");
  },
};
