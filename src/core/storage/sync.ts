import * as fs from 'node:fs';

/** Makes what was written survive a power cut. Others go on working meanwhile, and what they sync takes no time of its own. */
export function syncFile(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** The same for a rename or a new file. It has already happened, so a failure here is no reason to fail. */
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

/** As {@link syncDirectory}, while others go on working. */
export async function syncDirectoryMeanwhile(path: string): Promise<void> {
  try {
    const descriptor = fs.openSync(path, 'r');
    try {
      await syncFile(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // As above.
  }
}
