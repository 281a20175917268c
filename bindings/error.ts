/** The one kind of error that bsnn throws on purpose. */
import type { ErrorCode } from "./types.ts";

/** Every error that bsnn throws on purpose. `code` says what kind it is, the message what was found and expected. */
export class BsnnError extends Error {
  override readonly name = "BsnnError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
