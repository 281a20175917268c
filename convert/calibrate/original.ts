/** What those who compare a converted network with its original need: its input, and where its values lie. */
import { readArray, reading, refusal } from "../arguments.ts";
import type { InputCoding, UnquantizedPopulation } from "../wiring.ts";
import { annInput as inputOf } from "./activations.ts";
import { readView as read } from "./views.ts";

/**
 * The ANN's input tensor for one input.
 * @param coding that of a conversion's `unquantized.input`
 * @param samples 8-bit samples, H×W×C of the input population, channels last; of several inputs one after the other
 * @throws ConversionError (`bad-input`) where they are none
 */
export function annInput(coding: InputCoding, samples: Uint8Array): Float32Array {
  const bytes = readArray("samples", samples, ["Uint8Array"], "8-bit samples, a Uint8Array, are supported");
  return reading("coding", () => {
    const { length } = coding.index;
    if (bytes.length !== length) throw new Error(`it has ${length} samples, found ${bytes.length}`);
    return inputOf(coding, bytes);
  });
}

/**
 * Reads a population's pre-activations out of the tensor of its view.
 * @param population one of a conversion's `unquantized.populations` that has a view
 * @param data the tensor's values, row-major, batch of one
 * @param into receives H×W×C values, channels last, OFF channels negated, from `into[at]` on
 * @throws ConversionError (`bad-input`) where they are none
 */
export function readView(population: UnquantizedPopulation, data: Float32Array, into: Float32Array, at = 0): void {
  for (const [name, values] of Object.entries({ data, into })) {
    if (!ArrayBuffer.isView(values)) throw refusal(name, values, "a Float32Array is supported");
  }
  reading("population", () => read(population, data, into, at));
}
