/** The network, in a module worker: the page never waits for it. */

import { load, type Network } from "bsnn";
import { createImageReader, ImageError } from "bsnn/images";
import { CLASSES, type FromWorker, type ToWorker } from "./messages.ts";

const tell = (message: FromWorker): void => postMessage(message);
const failed = (error: unknown): void => tell({ kind: "failed", message: String(error) });

const images = createImageReader();
const network = load(new URL("digits.bsnn.gguf", location.href));
network.then(({ name, build }) => tell({ kind: "ready", name, build }), failed);

/** An image's samples, in the size and the fit of the network's input; of what `bsnn/images` does not read as the browser shows it. */
async function samplesOf(file: File, { input }: Network): Promise<Uint8Array> {
  try {
    return await images.samples(file, input);
  } catch (error) {
    if (!(error instanceof ImageError) || error.fault !== "format") throw error;
    const shown = await createImageBitmap(file).catch(() => {
      throw error;
    });
    return images.samples(shown, input);
  }
}

addEventListener("message", async ({ data }: MessageEvent<ToWorker>) => {
  try {
    const loaded = await network;
    const samples = data instanceof File ? await samplesOf(data, loaded) : data;
    const begin = performance.now();
    const classes = loaded.classify(samples, { top: CLASSES });
    tell({ kind: "answer", classes, samples, steps: loaded.latency, ms: performance.now() - begin });
  } catch (error) {
    if (data instanceof File && error instanceof ImageError) {
      tell({ kind: "refused", message: `${data.name} ${error.message}` });
    } else {
      failed(error);
    }
  }
});
