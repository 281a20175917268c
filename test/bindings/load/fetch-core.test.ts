/** The core fetched from beside a script: what comes back is compiled, or named with its address. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import { fetchCore } from "../../../bindings/load/fetch-core.ts";

const core = await readFile(new URL("../../../dist/core.wasm", import.meta.url));
const test = suite("fetching the core");

const ANSWERS: Readonly<Record<string, { status?: number; type?: string; body: Uint8Array | string }>> = {
  "/core.wasm": { type: "application/wasm", body: core },
  "/unknown.wasm": { type: "application/octet-stream", body: core },
  "/untyped.wasm": { body: core },
  "/page.wasm": { type: "text/html", body: "<!doctype html><title>home</title>" },
  "/missing.wasm": { status: 404, type: "text/html", body: "nothing here" },
};

const server = createServer((request, response) => {
  const { status = 200, type, body } = ANSWERS[request.url!];
  response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(body);
});
let address: string;

test.before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
test.after(() => {
  server.close();
  server.closeAllConnections();
});

test("whatever type its server gives it, it is compiled", async () => {
  for (const name of ["core", "unknown", "untyped"]) {
    assert.ok((await fetchCore(new URL(`${address}/${name}.wasm`))) instanceof WebAssembly.Module, name);
  }
});

test("a page, a missing file and a server that is none are told with the address and what to do", async () => {
  for (const [at, found] of [
    [`${address}/page.wasm`, 'text/html came back, which begins with "<!doctype html><title>ho"'],
    [`${address}/missing.wasm`, "status 404 came back"],
    ["http://127.0.0.1:9/core.wasm", "cannot be fetched"],
  ]) {
    await assert.rejects(
      () => fetchCore(new URL(at)),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "unsupported");
        for (const part of [`no core at ${at}: `, found, "bsnn/inline"]) assert.ok(error.message.includes(part), part);
        return true;
      },
    );
  }
});

test.run();
