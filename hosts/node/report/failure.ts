/** Which failures are the user's to mend (exit code 2) and which are ours (1), and how each is told. */

import { plain, plainLines } from "./plain.ts";

/** Input, an option or a file that cannot be used; the message names it, what was found and what is supported. */
export class InputError extends Error {
  override readonly name = "InputError";
}

export interface Failure {
  /** 2 for bad input, 1 for a failure inside. */
  readonly exitCode: 1 | 2;
  readonly message: string;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "is a folder, expected a file",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "no space left on the device",
  EDQUOT: "disk quota exceeded",
  EROFS: "read-only file system",
  EFBIG: "file too large",
  EMFILE: "too many open files",
  ENAMETOOLONG: "name too long",
  ELOOP: "too many symbolic links",
  EIO: "input/output error",
  ERR_FS_FILE_TOO_LARGE: "is larger than 2 GiB, which is more than one file may hold",
};

/** The words for a failed file operation (an error with a `code` such as ENOENT), or null for any other error. */
export function systemReason(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  // Node, not the system, refuses a large file and a path with a zero byte, so that no call is named.
  if (error.code === "ERR_INVALID_ARG_VALUE" && error.message.includes("null bytes"))
    return "no path holds a zero byte";
  if (!("syscall" in error) && error.code !== "ERR_FS_FILE_TOO_LARGE") return null;
  return SYSTEM_ERRORS[error.code] ?? `${error.code} from ${String((error as { syscall?: unknown }).syscall)}`;
}

/**
 * Puts what failed before a message: a file operation's error becomes an `InputError` that reads "PATH: reason".
 * Any other error is returned as it is.
 */
export function atPath(path: string, error: unknown): unknown {
  const reason = systemReason(error);
  return reason === null ? error : new InputError(`${path}: ${reason}`, { cause: error });
}

/** Codes with which the converter's and the core's errors say that what they were given is at fault. */
const INPUT_CODES: ReadonlySet<unknown> = new Set(["bad-model", "bad-input", "unsupported", "not-installed"]);

/** Tells bad input from a failure inside. `unsupported` is the user's where a model asks for too much, ours where the engine lacks something. */
export function failureOf(error: unknown): Failure {
  // By its name: programs of several files have the class more than once.
  if (error instanceof Error && error.name === "InputError") return { exitCode: 2, message: error.message };
  if (error instanceof Error && "code" in error && INPUT_CODES.has(error.code)) {
    const engine = error.code === "unsupported" && error.name === "BsnnError";
    return { exitCode: engine ? 1 : 2, message: error.message };
  }
  const reason = systemReason(error);
  if (reason !== null) {
    const path = (error as { path?: unknown }).path;
    return { exitCode: 2, message: typeof path === "string" ? `${path}: ${reason}` : reason };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: 1, message: `internal failure: ${message} (BSNN_DEBUG=1 shows where)` };
}

/** What the converter found at fault, item by item, where that is the failure or what led to it. */
function detailsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  return "details" in error ? (error.details as readonly string[]) : detailsOf(error.cause);
}

/** Makes a message plain. Only between the converter's details lines end: what they and the rest name may hold line feeds. */
function plainMessage(message: string, error: unknown): string {
  const details = detailsOf(error);
  const end = details.map((detail) => `\n  ${detail}`).join("");
  if (!message.endsWith(end)) return plain(message);
  return [message.slice(0, message.length - end.length), ...details].map(plain).join("\n  ");
}

/**
 * Tells a failure on standard error, with its stack where BSNN_DEBUG is 1.
 * @param program whose name begins the line
 * @returns the exit code
 */
export function reportFailure(program: string, error: unknown): 1 | 2 {
  const { exitCode, message } = failureOf(error);
  process.stderr.write(`${program}: ${plainMessage(message, error)}\n`);
  if (process.env.BSNN_DEBUG === "1" && error instanceof Error)
    process.stderr.write(`${plainLines(String(error.stack))}\n`);
  return exitCode;
}
