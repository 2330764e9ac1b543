import * as fs from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.js';
import { makePrivateDirectory } from '../storage/atomic-file.js';
import { writeError } from '../storage/file-errors.js';
import type { ProcessTable } from '../storage/process-table.js';
import { writeWhole } from '../storage/regular-file.js';
import { syncDirectoryMeanwhile, syncFile } from '../storage/sync.js';
import { entryName, fingerprint, headerSize, type JournalAnswer, type JournalHeader, leftSuffix } from './journal.js';

const entrySize = 32 * 1024;

export interface OpenEntry {
  readonly path: string;
  /** Stores the answer and syncs it, before anyone uses it. */
  record(answer: JournalAnswer): Promise<void>;
  /** The answer is where it belongs: the entry has done its work. */
  discard(): void;
  /** Keeps the entry on disk for the next call or process that needs it. Returns its path from then on. */
  leave(): string;
}

/** Creates an entry, padded and synced. Throws `storage-write-failed`; then nothing may be sent. */
export async function openEntry(
  directory: string,
  processes: ProcessTable,
  header: Omit<JournalHeader, 'owner' | 'version'>,
): Promise<OpenEntry> {
  const path = join(directory, entryName(header));
  const owner = { ...processes.self };
  const page = padded(path, JSON.stringify({ version: 1, ...header, owner }));
  makePrivateDirectory(directory);
  const descriptor = onDisk(path, () => fs.openSync(path, 'wx', 0o600));
  try {
    writeWhole(descriptor, page, 0);
    await Promise.all([syncFile(descriptor), syncDirectoryMeanwhile(directory)]);
    return entryHandle(path, descriptor);
  } catch (error) {
    fs.closeSync(descriptor);
    fs.rmSync(path, { force: true });
    throw writeError(path, error);
  }
}

/** Throws for a header that would reach into the room of the answer, and then could not be read any more. */
function padded(path: string, header: string): Buffer {
  const page = Buffer.alloc(entrySize, ' ');
  const length = page.write(header, 'utf8');
  if (length < headerSize && length === Buffer.byteLength(header)) {
    page.write('\n', headerSize - 1);
    return page;
  }
  throw new AppError('storage-write-failed', `cannot write ${path}: what is known about the request is too long`, {
    details: { path },
  });
}

function onDisk<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw writeError(path, error);
  }
}

function entryHandle(path: string, descriptor: number): OpenEntry {
  let isOpen = true;
  const close = () => {
    if (isOpen) fs.closeSync(descriptor);
    isOpen = false;
  };
  return {
    path,
    async record(answer) {
      // The refresh token comes first, so that it is whole in an answer that is torn behind it.
      const { refreshToken, ...rest } = answer;
      const payload = JSON.stringify({ refreshToken, ...rest });
      try {
        writeWhole(descriptor, Buffer.from(`${fingerprint(payload)} ${payload}\n`), headerSize);
        await syncFile(descriptor);
      } catch (error) {
        throw writeError(path, error);
      }
    },
    discard() {
      close();
      onDisk(path, () => fs.rmSync(path, { force: true }));
    },
    leave() {
      close();
      const left = path.replace(/\.json$/, leftSuffix);
      onDisk(path, () => fs.renameSync(path, left));
      return left;
    },
  };
}
