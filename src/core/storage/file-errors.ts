import { AppError, systemErrorCode } from '../errors.js';
import { NoRegularFile } from './regular-file.js';

/* How an error of the file system is told, and what helps against it. */

/** `storage-write-failed`, with the system's reason and the way out. */
export function writeError(path: string, error: unknown): AppError {
  return new AppError('storage-write-failed', `cannot write ${path}: ${describe(error)}`, {
    hint:
      wayOut(error, path) ??
      'free space or fix the permissions, then run the command again; the old content is in place',
    details: { path },
    cause: error,
  });
}

/** `storage-unreadable`, with the same. */
export function readError(verb: 'read' | 'list', path: string, error: unknown): AppError {
  return new AppError('storage-unreadable', `cannot ${verb} ${path}: ${describe(error)}`, {
    hint: wayOut(error, path) ?? `check the owner and the mode of ${path}; nothing was changed`,
    details: { path },
    cause: error,
  });
}

/** The hint for an error that no change of permissions mends, as where a file stands in the place of a directory. */
export function wayOut(error: unknown, path: string): string | undefined {
  switch (systemErrorCode(error)) {
    case 'ENOTDIR':
    case 'EEXIST':
      return 'move away the file that stands where a directory should be, then run the command again';
    case 'EISDIR':
      return `move the directory ${path} away, then run the command again`;
    case 'ENOENT':
      return `see that the directory is there which ${path} is in, or leads to, then run the command again`;
    case 'ELOOP':
      return `move ${path} away, or the link that leads to it, then run the command again`;
    case 'EFTYPE':
    case 'EFBIG':
      return `move ${path} away, which may be a link, then run the command again`;
    default:
      return undefined;
  }
}

/** The operating system's own words, without the path and the call, which the message already has. */
export function describe(error: unknown): string {
  if (error instanceof NoRegularFile) return error.message;
  const code = systemErrorCode(error);
  const known: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    ENOSPC: 'no space left on the disk',
    EROFS: 'the file system is read-only',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is not a directory',
    EEXIST: 'a file stands in its place',
    ENOENT: 'no such file or directory',
    EIO: 'the disk reported an error',
    EDQUOT: 'the disk quota is used up',
    EBUSY: 'it is in use, as a mount point for instance',
    ELOOP: 'its links lead in a circle',
  };
  return (code === undefined ? undefined : known[code]) ?? code ?? 'unknown error';
}
