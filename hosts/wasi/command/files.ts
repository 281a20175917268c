/** Reading files of the preopened directories, and standard input. */
import { reserveModel } from "../../../assembly/index";
import { start } from "../../../assembly/message/message";
import { reserve } from "../../../assembly/network/arena";
import { Char } from "./ascii";
import { FAILED, REFUSED, sayErrno } from "./exit";
import { fail, failOn, failOnInput } from "./failure";
import {
  Errno,
  fd_close,
  fd_filestat_get,
  fd_prestat_dir_name,
  fd_prestat_get,
  fd_read,
  FileType,
  FIRST_PREOPEN,
  FOLLOW,
  path_open,
  Right,
  STDIN,
} from "./wasi";

const prestat: usize = memory.data(8, 4);
const stat: usize = memory.data(64, 8);
const vector: usize = memory.data(8, 4);
const done: usize = memory.data(4, 4);
const opened: usize = memory.data(4, 4);

/** Bytes of what was read last. */
export let size: u32 = 0;

/** Bytes of a leading `/`, `./` or `.` that say nothing in a path below a preopened directory. */
function idle(path: usize, length: u32): u32 {
  let i: u32 = 0;
  while (i < length) {
    const byte = <u32>load<u8>(path + i);
    if (byte == Char.SLASH) i++;
    else if (byte == Char.DOT && i + 1 == length) i++;
    else if (byte == Char.DOT && load<u8>(path + i, 1) == Char.SLASH) i += 2;
    else break;
  }
  return i;
}

/** Whether a directory's name is the path or leads to it, whole components only. */
function leads(name: usize, length: u32, path: usize, pathLength: u32): bool {
  if (!length) return true;
  if (length > pathLength || memory.compare(name, path, length) != 0) return false;
  return length == pathLength || load<u8>(path + length) == Char.SLASH || load<u8>(name + length - 1) == Char.SLASH;
}

/** Opens a file below the preopened directory whose name matches most of its path (the later of two equals), as wasi-libc does. */
function openFile(file: usize, length: u32): u32 {
  const ahead = idle(file, length);
  const path = file + ahead;
  const pathLength = length - ahead;
  let folder: u32 = 0;
  let best: u32 = 0;
  for (let fd = FIRST_PREOPEN; ; fd++) {
    // The first descriptor that is no preopened directory ends the list.
    if ((fd_prestat_get(fd, prestat) & 0xffff) != Errno.SUCCESS) break;
    const nameSize = load<u32>(prestat, 4);
    const buffer = reserve(nameSize, 1);
    if (!buffer) fail(FAILED);
    if ((fd_prestat_dir_name(fd, buffer, nameSize) & 0xffff) != Errno.SUCCESS) continue;
    // Some hosts count the C string's end.
    const named = nameSize && !load<u8>(buffer + nameSize - 1) ? nameSize - 1 : nameSize;
    const skipped = idle(buffer, named);
    const name = buffer + skipped;
    const nameLength = named - skipped;
    if (leads(name, nameLength, path, pathLength) && (!folder || nameLength >= best)) {
      folder = fd;
      best = nameLength;
    }
  }
  if (!folder) {
    start("no preopened directory leads to it");
    failOn(REFUSED, file, length);
  }
  const below = path + best + idle(path + best, pathLength - best);
  const belowLength = pathLength - <u32>(below - path);
  const errno = belowLength
    ? path_open(folder, FOLLOW, below, belowLength, 0, Right.READ | Right.FILESTAT, 0, 0, opened) & 0xffff
    : Errno.ISDIR;
  if (errno != Errno.SUCCESS) refuse(errno, file, length);
  return load<u32>(opened);
}

function refuse(errno: u32, file: usize, length: u32): void {
  start("");
  sayErrno(errno);
  failOn(REFUSED, file, length);
}

/** Reads until the end or until `capacity` bytes are there; returns their count, and the error (0 at the end). */
function fill(fd: u32, pointer: usize, capacity: u32): u32 {
  size = 0;
  while (size < capacity) {
    store<u32>(vector, <u32>(pointer + size));
    store<u32>(vector, capacity - size, 4);
    const errno = fd_read(fd, vector, 1, done) & 0xffff;
    if (errno == Errno.INTR || errno == Errno.AGAIN) continue;
    if (errno != Errno.SUCCESS) return errno;
    const count = load<u32>(done);
    if (!count) break;
    if (count > capacity - size) return Errno.IO;
    size += count;
  }
  return Errno.SUCCESS;
}

/** Reads a model file into the arena and leaves its length in `size`; a file that cannot be read ends the command. */
export function readModelFile(file: usize, length: u32): usize {
  const fd = openFile(file, length);
  let errno = fd_filestat_get(fd, stat) & 0xffff;
  if (errno != Errno.SUCCESS) refuse(errno, file, length);
  const type = <u32>load<u8>(stat, 16);
  if (type == FileType.DIRECTORY) refuse(Errno.ISDIR, file, length);
  if (type != FileType.REGULAR) {
    start("is no regular file");
    failOn(REFUSED, file, length);
  }
  // What does not fit into 32 bits is too much for a model anyway, and reserveModel says so.
  const bytes = <u32>min<u64>(load<u64>(stat, 32), u32.MAX_VALUE);
  const pointer = reserveModel(bytes);
  if (!pointer) failOn(REFUSED, file, length);
  errno = fill(fd, pointer, bytes);
  if (errno != Errno.SUCCESS) refuse(errno, file, length);
  fd_close(fd);
  return pointer;
}

/** Reads standard input up to `capacity` bytes into the arena and leaves their count in `size`. */
export function readInput(capacity: u64): usize {
  const pointer = reserve(capacity, 1);
  if (!pointer) failOnInput(FAILED);
  const errno = fill(STDIN, pointer, <u32>capacity);
  if (errno != Errno.SUCCESS) {
    start("");
    sayErrno(errno);
    failOnInput(REFUSED);
  }
  return pointer;
}
