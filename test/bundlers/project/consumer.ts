/** Uses the types of every entry; only compiled. */
import { type Classification, load } from "bsnn";
import { convert } from "bsnn/convert";
import { createImageReader } from "bsnn/images";
import { load as loadInline } from "bsnn/inline";
import type { InactivatedSpikes } from "bsnn/lab";

export async function answer(file: Uint8Array): Promise<Classification> {
  const { file: model } = await convert(file, { preprocessing: { scale: 1 }, calibration: async () => [] });
  const network = await load(model);
  (await loadInline(model)).dispose();
  return network.classify(await createImageReader().samples(file, network.input))[0]!;
}

export const none: InactivatedSpikes[] = [];
