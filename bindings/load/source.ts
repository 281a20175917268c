/** Bytes of a model on every host. */
import { BsnnError } from "../error.ts";
import { arrayKind, reasonOf, tagOf } from "../kinds.ts";
import type { Answer, WebSource } from "../types.ts";

/** Bytes of a model source that is bytes, a response, or an address to fetch. */
export async function sourceBytes(source: WebSource): Promise<Uint8Array> {
  if (arrayKind(source) === "Uint8Array") return source as Uint8Array;
  const tag = tagOf(source);
  if (tag === "ArrayBuffer") return new Uint8Array(source as ArrayBuffer);
  if (tag === "Response") return responseBytes(source as Answer);
  if (tag === "String" || tag === "URL") {
    const response = await fetch(source as string | URL).catch((cause) => {
      throw new BsnnError("bad-input", `cannot fetch the model from ${source}: ${reasonOf(cause)}`, { cause });
    });
    return responseBytes(response);
  }
  throw new BsnnError(
    "bad-input",
    `a model is loaded from an ArrayBuffer, a Uint8Array, a URL, an address or a Response, found ${typeof source}`,
  );
}

async function responseBytes(response: Answer): Promise<Uint8Array> {
  if (!response.ok) {
    throw new BsnnError("bad-input", `cannot fetch the model from ${response.url}: status ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
