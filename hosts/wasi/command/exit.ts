/** How the command ends, and the words for calls that fail. */
import { say, sayNumber } from "../../../assembly/message/message";
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
