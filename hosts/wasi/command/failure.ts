/** How the command ends when it cannot go on: one line on standard error, then the exit code. */
import { messageLength, messageText, say, sayNumber } from "../../../assembly/message/message";
import { divert, flush, print, put, write } from "./output";
import { Errno, proc_exit } from "./wasi";

/** Bad input or usage. */
export const REFUSED: u32 = 2;
/** A failure inside. */
export const FAILED: u32 = 1;

/** Leaves with an exit code. */
export function leave(code: u32): void {
  proc_exit(code);
  unreachable();
}

/** Prints the message composed in message.ts and leaves. */
export function fail(code: u32): void {
  divert();
  print("bsnn: ");
  finish(code);
}

/** As `fail`, after the name of the file it is about. */
export function failOn(code: u32, file: usize, size: u32): void {
  divert();
  print("bsnn: ");
  write(file, size);
  print(": ");
  finish(code);
}

/** As `fail`, about standard input. */
export function failOnInput(code: u32): void {
  divert();
  print("bsnn: standard input: ");
  finish(code);
}

function finish(code: u32): void {
  write(messageText, messageLength);
  put(10);
  flush();
  leave(code);
}

/** Appends the words for a failed call to the message. */
export function sayErrno(errno: u32): void {
  if (errno == Errno.NOENT) say("no such file or folder");
  else if (errno == Errno.ACCES) say("permission denied");
  else if (errno == Errno.PERM) say("operation not permitted");
  else if (errno == Errno.NOTCAPABLE) say("outside the preopened directories");
  else if (errno == Errno.ISDIR) say("is a folder, expected a file");
  else if (errno == Errno.NOTDIR) say("a part of the path is not a folder");
  else if (errno == Errno.ILSEQ) say("the name is not UTF-8");
  else if (errno == Errno.NOSPC) say("no space left on the device");
  else if (errno == Errno.DQUOT) say("disk quota exceeded");
  else if (errno == Errno.ROFS) say("read-only file system");
  else if (errno == Errno.FBIG) say("file too large");
  else if (errno == Errno.MFILE) say("too many open files");
  else if (errno == Errno.NAMETOOLONG) say("name too long");
  else if (errno == Errno.LOOP) say("too many symbolic links");
  else if (errno == Errno.BADF) say("not open");
  else if (errno == Errno.IO) say("input/output error");
  else {
    say("WASI error ");
    sayNumber(errno);
  }
}
