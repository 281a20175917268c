/** How the command ends when it cannot go on: one line on standard error, then the exit code. */
import { beginFailure, endFailure, print, writePlain } from "./output";

/** Prints the message composed in message.ts and leaves. */
export function fail(code: u32): void {
  beginFailure();
  endFailure(code);
}

/** As `fail`, after the name of the file it is about. */
export function failOn(code: u32, file: usize, size: u32): void {
  beginFailure();
  writePlain(file, size);
  print(": ");
  endFailure(code);
}

/** As `fail`, about standard input. */
export function failOnInput(code: u32): void {
  beginFailure();
  print("standard input: ");
  endFailure(code);
}
