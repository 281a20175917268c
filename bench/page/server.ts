/** Serves one page's files, gzipped as a web server would, and counts the bytes that go over the wire. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { gzipSync } from "node:zlib";
import type { Contender } from "./pages.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title><output></output><script type="module" src="page.js"></script>`;

export interface PageServer {
  readonly address: string;
  /** Bytes of bodies sent since it was last asked. */
  takeBytes(): number;
  close(): void;
}

/** @param image path of the PNG that every page answers */
export async function servePage({ scripts, files }: Contender, image: string): Promise<PageServer> {
  const contents = new Map<string, Buffer>();
  const add = (name: string, content: string | Buffer) =>
    contents.set(`/${name}`, name.endsWith(".png") ? Buffer.from(content) : gzipSync(content, { level: 9 }));
  add("index.html", PAGE);
  for (const [name, script] of Object.entries(scripts)) add(name, script);
  add("image.png", readFileSync(image));
  for (const [name, file] of Object.entries(files)) add(name, typeof file === "string" ? readFileSync(file) : file);
  let sent = 0;
  const server = createServer(({ url = "/" }, response) => {
    const name = url === "/" ? "/index.html" : url.split("?")[0];
    const content = contents.get(name);
    if (!content) {
      response.writeHead(404).end();
      return;
    }
    sent += content.length;
    const type = TYPES[extname(name)] ?? "application/octet-stream";
    const encoding = name.endsWith(".png") ? {} : { "content-encoding": "gzip" };
    response.writeHead(200, { "content-type": type, "content-length": content.length, ...encoding }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    takeBytes: () => {
      const taken = sent;
      sent = 0;
      return taken;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
