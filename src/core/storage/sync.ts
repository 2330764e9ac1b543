import * as fs from 'node:fs';

/** Makes what was written survive a power cut. Other tasks go on meanwhile, and several syncs share their time. */
export function syncFile(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

/**
 * Makes a rename or a new file in a directory survive a power cut. A failure is ignored: the change is made already.
 */
export function syncDirectory(path: string): void {
  try {
    const descriptor = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // Not every file system can sync a directory, and the content itself is already synced.
  }
}

/** As {@link syncDirectory}, while other tasks go on. */
export async function syncDirectoryMeanwhile(path: string): Promise<void> {
  try {
    const descriptor = fs.openSync(path, 'r');
    try {
      await syncFile(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // As in `syncDirectory`.
  }
}
