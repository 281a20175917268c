/** What a worker does: in a pool it loads the network it is sent, then answers input after input; or it helps another thread. */
import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { loadWith } from "../load/load.ts";
import { help } from "../network/crew.ts";
import type { Inputs, Network, PoolResult, PoolRunOptions } from "../types.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/**
 * Makes the function that hears messages.
 * @param post sends a message to whoever started the worker
 */
export function serve(
  post: (message: FromWorker, transfer: ArrayBuffer[]) => void,
): (message: ToWorker) => Promise<void> {
  let load: () => Promise<Network>;
  let network: Network | null = null;
  return async (message) => {
    try {
      if ("join" in message) {
        help(message, () => post({ ready: true }, []));
        return;
      }
      if ("id" in message) {
        network ??= await load();
        const result = runOne(network, message.samples, message.options);
        const buffers = result.outputs.flatMap(({ potentials, values }) => [potentials.buffer, values.buffer]);
        post({ id: message.id, result }, buffers as ArrayBuffer[]);
        return;
      }
      const { module, file, ...options } = message;
      load = () => loadWith({ core: async () => module, bytes: async () => file }, file, options);
      network = await load();
      post({ ready: true }, []);
    } catch (error) {
      const code = error instanceof BsnnError ? error.code : null;
      const text = reasonOf(error);
      // What fails inside leaves its core in doubt: the next input gets a fresh one.
      if (!code) network = null;
      const failure = { code, message: text };
      post("id" in message ? { id: message.id, failure } : { unready: failure }, []);
    }
  };
}

function runOne(network: Network, samples: Inputs, { activity, ...options }: PoolRunOptions): PoolResult {
  const begin = performance.now();
  const result = network.run(samples, options);
  const milliseconds = performance.now() - begin;
  return { ...result, milliseconds, ...(activity && { activity: network.activity() }) };
}
