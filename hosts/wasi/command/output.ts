/** Buffered bytes on standard output or standard error. */
import { messageLength, messageText, start } from "../../../assembly/message/message";
import { bytesOfText, sizeOfText } from "../../../assembly/message/text";
import { Char } from "./ascii";
import { leave, REFUSED, sayErrno } from "./exit";
import { codeOf, isHidden, sequence } from "./plain";
import { Errno, fd_write, STDERR, STDOUT } from "./wasi";

const CAPACITY: u32 = 8192;
const buffer: usize = memory.data(8192, 16);
let filled: u32 = 0;
let sink: u32 = STDOUT;

const vector: usize = memory.data(8, 4);
const done: usize = memory.data(4, 4);

/** Begins the line that says on standard error why the command ends; what was not yet written to standard output is dropped. */
export function beginFailure(): void {
  filled = 0;
  sink = STDERR;
  print("bsnn: ");
}

/** Ends that line with the message composed in message.ts, and leaves. */
export function endFailure(code: u32): void {
  writePlain(messageText, messageLength);
  put(Char.NEWLINE);
  flush();
  leave(code);
}

/** Writes one byte. */
export function put(byte: u32): void {
  if (filled == CAPACITY) flush();
  store<u8>(buffer + filled++, <u8>byte);
}

/** Writes bytes as they are. */
export function write(pointer: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) put(load<u8>(pointer + i));
}

/** Writes bytes of text; what is not UTF-8 or not to be shown becomes U+FFFD. */
export function writePlain(pointer: usize, size: u32): void {
  let i: u32 = 0;
  while (i < size) {
    const length = sequence(pointer + i, size - i);
    if (length && !isHidden(codeOf(pointer + i, length))) write(pointer + i, length);
    else print("\ufffd");
    i += max<u32>(length, 1);
  }
}

/** Writes text. */
export function print(text: string): void {
  write(bytesOfText(text), sizeOfText(text));
}

/** Writes one character `count` times. */
export function repeat(byte: u32, count: i32): void {
  for (let i = 0; i < count; i++) put(byte);
}

/** Writes a whole number. */
export function printNumber(value: u64): void {
  let divisor: u64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) put(Char.ZERO + <u32>((value / divisor) % 10));
}

/** Hands everything to the host, however few bytes a call takes; a closed pipe ends the command without failure. */
export function flush(): void {
  let from = buffer;
  let left = filled;
  filled = 0;
  while (left) {
    store<u32>(vector, <u32>from);
    store<u32>(vector, left, 4);
    let errno = fd_write(sink, vector, 1, done) & 0xffff;
    if (errno == Errno.INTR || errno == Errno.AGAIN) continue;
    const written = min(load<u32>(done), left);
    // A host that takes nothing and reports nothing would keep us here for ever.
    if (errno == Errno.SUCCESS && !written) errno = Errno.IO;
    if (errno != Errno.SUCCESS) {
      if (sink == STDERR) return;
      if (errno == Errno.PIPE) leave(0);
      start("standard output: ");
      sayErrno(errno);
      beginFailure();
      endFailure(REFUSED);
    }
    from += written;
    left -= written;
  }
}
