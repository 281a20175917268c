/** The core fetched from beside a script, with a reason where what comes back is none. */
import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";

/** What begins every WebAssembly file: "\\0asm". */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/**
 * Fetches and compiles the core, while it arrives where the server says what it is.
 * @throws BsnnError `unsupported` where something else came back: the address, what came, and what to do
 */
export async function fetchCore(address: URL): Promise<WebAssembly.Module> {
  const response = await fetch(address).catch((cause) => {
    throw lost(address, `cannot be fetched (${reasonOf(cause)})`, cause);
  });
  if (!response.ok) throw lost(address, `status ${response.status} came back`);
  const type = response.headers.get("content-type") ?? "";
  if (/^application\/wasm\b/.test(type)) return WebAssembly.compileStreaming(response);
  // A server that does not know the type still sends the file; one that falls back to a page sends that.
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (MAGIC.every((byte, i) => bytes[i] === byte)) return WebAssembly.compile(bytes);
  const begin = JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 24)));
  throw lost(address, `${type || "something without a type"} came back, which begins with ${begin}`);
}

function lost(address: URL, found: string, cause?: unknown): BsnnError {
  return new BsnnError(
    "unsupported",
    `no core at ${address}: ${found}; put the package's .wasm files there, or import from "bsnn/inline"`,
    { cause },
  );
}
