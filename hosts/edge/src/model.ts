/** The model, from whichever storage the worker is bound to, loaded once for all requests of an isolate. */

import { load, type Network } from "bsnn";

/** The parts of the platform's bindings that are used here. */
export interface Env {
  /** Name of the model file: path of the asset, or key in the KV namespace or R2 bucket. */
  readonly MODEL: string;
  /** Origin whose pages may ask, or `*`; none unless given. */
  readonly CORS_ORIGIN?: string;
  /** Static assets, deployed with the worker. */
  readonly ASSETS?: { fetch(address: string): Promise<Response> };
  readonly MODELS_KV?: { get(key: string, type: "arrayBuffer"): Promise<ArrayBuffer | null> };
  readonly MODELS_R2?: { get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null> };
}

async function readModel({ MODEL, ASSETS, MODELS_KV, MODELS_R2 }: Env): Promise<ArrayBuffer> {
  let bytes: ArrayBuffer | null = null;
  if (MODELS_KV) {
    bytes = await MODELS_KV.get(MODEL, "arrayBuffer");
  } else if (MODELS_R2) {
    bytes = (await (await MODELS_R2.get(MODEL))?.arrayBuffer()) ?? null;
  } else if (ASSETS) {
    const response = await ASSETS.fetch(new URL(MODEL, "https://assets.local/").href);
    if (response.ok) bytes = await response.arrayBuffer();
  } else {
    throw new Error("no storage is bound: ASSETS, MODELS_KV or MODELS_R2");
  }
  if (bytes === null) throw new Error(`the bound storage holds no '${MODEL}'`);
  return bytes;
}

let network: Promise<Network> | undefined;

/** The network; the first call reads the model. After a failure the next call tries again. */
export function currentNetwork(env: Env): Promise<Network> {
  network ??= readModel(env)
    .then((bytes) => load(bytes))
    .catch((error) => {
      network = undefined;
      throw error;
    });
  return network;
}

/** Gives up a network that has failed inside, so that the next request starts from a fresh one. */
export function discardNetwork(): void {
  network?.then(
    (failed) => failed.dispose(),
    () => undefined,
  );
  network = undefined;
}
