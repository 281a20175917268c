/** A route of the edge runtime, which compiles no WebAssembly from bytes. */
import { load } from "bsnn";

export const runtime = "edge";

export async function GET(request) {
  const answer = async () => {
    const network = await load(new URL("/digits.bsnn.gguf", request.url));
    return `${network.name} ${network.build} ${network.classify(new Uint8Array(784))[0].label}`;
  };
  return new Response(await answer().catch(String));
}
