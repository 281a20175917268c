/** Runs one measurement per request in an edge worker. The worker's clock stands still while it computes: it gives no times. */

import { load } from "bsnn";
import { answerAll } from "./answers.js";

export default {
  /** @param {Request} request a form of `model` and `samples`, with `count`, `passes`, `build` and `mode` in the address */
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const form = await request.formData();
    const bytes = async (name) => new Uint8Array(await form.get(name).arrayBuffer());
    const network = await load(await bytes("model"), { build: searchParams.get("build") });
    const count = Number(searchParams.get("count"));
    const samples = await bytes("samples");
    const pass = () => answerAll(network, samples, count, searchParams.get("mode"), () => undefined);
    const { digest } = await pass();
    for (let passes = Number(searchParams.get("passes")); passes > 1; passes--) await pass();
    const { build } = network;
    network.dispose();
    return Response.json({ digest, build });
  },
};
