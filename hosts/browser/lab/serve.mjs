/** Builds the lab page and serves it on this machine: `npm run lab -- [PORT]`. */
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { buildLab } from "./build.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../../dist/site");
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

await buildLab(folder);
const server = createServer((request, response) => {
  const name = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
  const path = join(folder, normalize(name.endsWith("/") ? `${name}index.html` : name));
  if (!path.startsWith(folder) || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    "cache-control": "no-cache",
  });
  createReadStream(path).pipe(response);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log(`the lab: http://127.0.0.1:${server.address().port}/`);
});
