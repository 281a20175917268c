/** The WASI preview 1 functions that the command imports, and the constants it needs with them. */

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function args_sizes_get(count: usize, bytes: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get")
export declare function args_get(pointers: usize, text: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_get")
export declare function fd_prestat_get(fd: u32, prestat: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_dir_name")
export declare function fd_prestat_dir_name(fd: u32, name: usize, size: u32): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_open")
export declare function path_open(
  folder: u32,
  lookup: u32,
  path: usize,
  size: u32,
  open: u32,
  rights: u64,
  inherited: u64,
  flags: u32,
  fd: usize,
): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_filestat_get")
export declare function fd_filestat_get(fd: u32, stat: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
export declare function fd_read(fd: u32, vectors: usize, count: u32, done: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
export declare function fd_write(fd: u32, vectors: usize, count: u32, done: usize): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_close")
export declare function fd_close(fd: u32): u32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
export declare function proc_exit(code: u32): void;

export const STDIN: u32 = 0;
export const STDOUT: u32 = 1;
export const STDERR: u32 = 2;
/** Preopened directories are numbered from here. */
export const FIRST_PREOPEN: u32 = 3;

export namespace Errno {
  export const SUCCESS: u32 = 0;
  export const ACCES: u32 = 2;
  export const AGAIN: u32 = 6;
  export const BADF: u32 = 8;
  export const DQUOT: u32 = 19;
  export const FBIG: u32 = 22;
  export const ILSEQ: u32 = 25;
  export const INTR: u32 = 27;
  export const IO: u32 = 29;
  export const ISDIR: u32 = 31;
  export const LOOP: u32 = 32;
  export const MFILE: u32 = 33;
  export const NAMETOOLONG: u32 = 37;
  export const NOENT: u32 = 44;
  export const NOSPC: u32 = 51;
  export const NOTDIR: u32 = 54;
  export const PERM: u32 = 63;
  export const PIPE: u32 = 64;
  export const ROFS: u32 = 69;
  export const NOTCAPABLE: u32 = 76;
}

export namespace Right {
  export const READ: u64 = 1 << 1;
  export const FILESTAT: u64 = 1 << 21;
}

export namespace FileType {
  export const DIRECTORY: u32 = 3;
  export const REGULAR: u32 = 4;
}

/** Path lookup follows symbolic links. */
export const FOLLOW: u32 = 1;
