/** The one error that a conversion throws. */

/**
 * `bad-model`: not an ONNX file, or a broken one. `unsupported`: sound, but outside what a BSNN expresses. `bad-input`: options or
 * images. `not-installed`: a package that executes networks is not there.
 */
export type ConversionFault = "bad-model" | "unsupported" | "bad-input" | "not-installed";

/**
 * A model, option or calibration set that cannot be converted. The message says what was found and what is supported;
 * commands report it as bad input (exit code 2).
 */
export class ConversionError extends Error {
  override readonly name = "ConversionError";
  readonly code: ConversionFault;
  /** Where several things are at fault, one text for each; all are lines of the message too. */
  readonly details: readonly string[];

  constructor(
    code: ConversionFault,
    message: string,
    { details = [], ...options }: { readonly cause?: unknown; readonly details?: readonly string[] } = {},
  ) {
    super([message, ...details].join("\n  "), options);
    this.code = code;
    this.details = details;
  }
}
