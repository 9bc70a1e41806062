/**
 * Why: what the Linux kernel can do for a download and Node has no name for: send a file's pages to a socket, tell
 * which of them are in memory, read those and no others, join what follows to what was sent. Optional: without it
 * downloads are read and written. All calls are made at once and never wait; a descriptor must be open when they are
 * made.
 */
import { createRequire } from 'node:module';

export type Libc = {
  /** Up to `bytes` bytes of a file to a socket that does not block (sendfile(2)); the bytes sent, or `-errno`. */
  sendfile(socket: number, file: FileSpan): number;
  /** Bytes to a socket that does not block, to leave with what is sent next (send(2), MSG_MORE); sent, or `-errno`. */
  sendMore(socket: number, bytes: Uint8Array): number;
  /** Full segments only, until it is off again (tcp(7), TCP_CORK). */
  cork(socket: number, isOn: boolean): void;
  /** Whether the page cache has every page of it (cachestat(2), Linux 6.5); false where that cannot be told. */
  isResident(file: FileSpan): boolean;
  /**
   * Fills `into`, which no other thread shares, with what the page cache has of a file from `position` on (preadv2(2),
   * RWF_NOWAIT); the bytes read, up to the first page that it has not, or `-errno`.
   */
  readNow(fd: number, position: number, into: Uint8Array): number;
  /**
   * Another one after each write to the file, by whomever, as far as the kernel knows without asking a device (statx(2)
   * with AT_STATX_DONT_SYNC: its ctime and size); undefined where that cannot be told.
   */
  changeOf(fd: number): string | undefined;
  /** Where bytes that no other thread shares begin in memory. They stay there as long as they are. */
  addressOf(bytes: Uint8Array): number;
};

/** Bytes of an open file. */
export type FileSpan = { readonly fd: number; readonly position: number; readonly bytes: number };

/** Errors that tell what to do, as `-errno` of Linux. */
export const linuxErrors = { again: -11, brokenPipe: -32, unsupported: -95, connectionReset: -104 } as const;

/** Of memory and of the page cache. */
export const pageBytes = 4096;
/** Where another thread wants the processor, cachestat counts only a part now and then (seen on Linux 6.18). */
const attempts = 3;
/** The same on every architecture: system calls since 424 share one table. */
const cachestatCall = 451;
const [ipprotoTcp, tcpCork] = [6, 3];
const rwfNowait = 8;
const sendFlags = { dontWait: 0x40, noSignal: 0x4000, more: 0x8000 } as const;

/** Frozen by the kernel: offsets in struct statx. */
const statxAt = { size: 40, changedSeconds: 96, changedNanoseconds: 104 } as const;
const statxBytes = 256;
const statxFlags = { emptyPath: 0x1000, dontSync: 0x4000 } as const;
const statxMask = { ctime: 0x80, size: 0x200 } as const;

type Koffi = {
  load(path: null): { func(prototype: string): (...args: readonly unknown[]) => number };
  errno(): number;
  address(bytes: Uint8Array): bigint;
};

/** Loads it; undefined where the optional dependency is missing or the system is another. */
export function loadLibc(platform: string = process.platform): Libc | undefined {
  if (platform !== 'linux') return undefined;
  try {
    return bind(createRequire(import.meta.url)('koffi') as Koffi);
  } catch {
    return undefined; // an optional dependency: its absence is an expected case
  }
}

function bind(koffi: Koffi): Libc {
  const lib = koffi.load(null);
  const sendfile = lib.func('int64_t sendfile(int out, int in, void *offset, uint64_t bytes)');
  const send = lib.func('int64_t send(int socket, const void *bytes, uint64_t length, int flags)');
  const cachestat = lib.func('int64_t syscall(int64_t number, int64_t fd, void *range, void *stat, int64_t flags)');
  const preadv2 = optional(() =>
    lib.func('int64_t preadv2(int fd, const void *pieces, int count, int64_t offset, int flags)'),
  );
  const setsockopt = lib.func('int setsockopt(int socket, int level, int name, const void *value, uint32_t length)');
  const [off, on] = [Int32Array.of(0), Int32Array.of(1)];
  const statx = lib.func('int statx(int fd, const char *path, int flags, unsigned int mask, void *stat)');
  const file = Buffer.alloc(statxBytes);
  const offset = new BigInt64Array(1);
  const range = new BigUint64Array(2);
  const piece = new BigUint64Array(2);
  const stat = new BigUint64Array(5);
  const orError = (result: number) => (result < 0 ? -koffi.errno() : result);
  return {
    sendfile(socket, { fd, position, bytes }) {
      offset[0] = BigInt(position);
      return orError(sendfile(socket, fd, offset, bytes));
    },
    sendMore: (socket, bytes) =>
      orError(send(socket, bytes, bytes.byteLength, sendFlags.dontWait | sendFlags.noSignal | sendFlags.more)),
    addressOf: (bytes) => Number(koffi.address(bytes)),
    cork: (socket, isOn) => void setsockopt(socket, ipprotoTcp, tcpCork, isOn ? on : off, on.byteLength),
    isResident({ fd, position, bytes }) {
      const first = Math.floor(position / pageBytes);
      const pages = Math.ceil((position + bytes) / pageBytes) - first;
      range[0] = BigInt(first * pageBytes);
      range[1] = BigInt(pages * pageBytes);
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (cachestat(cachestatCall, fd, range, stat, 0) !== 0) return false;
        if (stat[0] === BigInt(pages)) return true;
      }
      return false;
    },
    readNow(fd, position, into) {
      if (preadv2 === undefined) return linuxErrors.unsupported;
      piece[0] = koffi.address(into);
      piece[1] = BigInt(into.byteLength);
      return orError(preadv2(fd, piece, 1, position, rwfNowait));
    },
    changeOf(fd) {
      const flags = statxFlags.emptyPath | statxFlags.dontSync;
      if (statx(fd, '', flags, statxMask.ctime | statxMask.size, file) !== 0) return undefined;
      const [seconds, bytes] = [file.readBigInt64LE(statxAt.changedSeconds), file.readBigUInt64LE(statxAt.size)];
      return `${seconds}.${file.readUInt32LE(statxAt.changedNanoseconds)}.${bytes}`;
    },
  };
}

/** Not every C library has every call. */
function optional<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

/** Chosen once when the module loads. */
export const libc: Libc | undefined = loadLibc();
