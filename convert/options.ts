import { ConversionError } from "./errors.ts";
import type { ConvertOptions } from "./index.ts";
import { INGREDIENTS } from "./quantize/quantize.ts";

/**
 * Checks all of the options that can be checked without the model, whatever their types say: plain JavaScript calls as well.
 * @throws ConversionError (`bad-input`) that names the option, what was found and what is supported
 */
export function checkOptions(options: ConvertOptions): void {
  const { phases = 7, weightBits = 8, coding = "current", range, signed, preprocessing, without = [] } = options;
  if (!Number.isInteger(phases) || phases < 1 || phases > 8) throw refusal("phases", phases, "1 to 8 are supported");
  if (weightBits !== 8 && weightBits !== 16) throw refusal("weight bits", weightBits, "8 and 16 are supported");
  if (coding !== "current" && coding !== "phase") {
    throw refusal("coding", coding, "'current' and 'phase' are supported");
  }
  if (range && preprocessing) {
    throw new ConversionError("bad-input", "found both preprocessing and a range; one of them is supported");
  }
  if (signed !== undefined && !range) {
    throw new ConversionError("bad-input", "signed: found no range; input in ON and OFF channels needs one");
  }
  if (signed !== undefined && typeof signed !== "boolean") {
    throw refusal("signed", signed, "true and false are supported");
  }
  if (range !== undefined && !Array.isArray(range)) {
    throw refusal("input range", range, "two numbers lo < hi are supported");
  }
  for (const ingredient of strings("without", without)) {
    if (!INGREDIENTS.some((known) => known === ingredient)) {
      throw refusal("without", ingredient, `${INGREDIENTS.join(", ")} are supported`);
    }
  }
  if (options.name !== undefined && typeof options.name !== "string") {
    throw refusal("name", options.name, "a string is supported");
  }
  if (options.labels) strings("labels", options.labels);
  if (options.outputs) strings("outputs", options.outputs);
  const { inputShape } = options;
  if (inputShape !== undefined && !Array.isArray(inputShape)) {
    throw refusal("input shape", inputShape, "a list of sizes is supported");
  }
  if (typeof options.calibration !== "function") {
    throw refusal("calibration", options.calibration, "a function that gives inputs is needed");
  }
}

function strings(name: string, values: unknown): readonly string[] {
  if (Array.isArray(values) && values.every((value) => typeof value === "string")) return values;
  throw refusal(name, values, "a list of strings is supported");
}

const refusal = (name: string, found: unknown, supported: string): ConversionError =>
  new ConversionError("bad-input", `${name}: found ${String(found)}; ${supported}`);
