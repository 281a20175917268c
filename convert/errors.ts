/** The one error that a conversion throws. */

/**
 * A model, option or calibration set that cannot be converted. The message says what was found and what is supported;
 * commands report it as bad input (exit code 2).
 */
export class ConversionError extends Error {
  override readonly name = "ConversionError";
  /** `bad-model`: not an ONNX file, or a broken one. `unsupported`: sound, but outside what a BSNN expresses. `bad-input`: options or images. */
  readonly code: "bad-model" | "unsupported" | "bad-input";

  constructor(code: "bad-model" | "unsupported" | "bad-input", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
