import { type FSWatcher, statfsSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** File systems that other machines can write to, whose changes the kernel does not tell: NFS, SMB, CIFS, 9p, FUSE. */
const silentFileSystems: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x01021997, 0x65735546,
]);

/**
 * Notices that files have changed, whichever program did it: the system tells where it can, and elsewhere the caller
 * has to look now and then. Only names, sizes and times are looked at.
 */
export class FileChanges {
  readonly #watchers = new Map<string, FSWatcher>();
  #paths: readonly string[] = [];
  #directories: readonly string[] = [];
  #marks = '';
  #isTold = false;
  #onTold: (() => void) | undefined;

  /** From now on changes of these files count, and whatever comes to these directories or goes from them. */
  follow(paths: readonly string[], whole: readonly string[] = []): void {
    this.#paths = paths;
    this.#directories = whole;
    const directories = new Set([...paths.map((path) => dirname(path)), ...whole]);
    for (const [directory, watcher] of this.#watchers) {
      if (directories.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of directories) this.#watch(directory);
    this.#isTold = false;
    this.#marks = this.#read();
  }

  /** Whether looking is the only way to find out about some of the files. */
  get mustLook(): boolean {
    const directories = [...this.#paths.map((path) => dirname(path)), ...this.#directories];
    return directories.some((directory) => !this.#watchers.has(directory));
  }

  /** Whether any file has changed since it began to be followed. */
  haveChanged(): boolean {
    this.#isTold = false;
    return this.#read() !== this.#marks;
  }

  /** Whether the system has told of something since the last look. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** Calls once as soon as the system tells of something. */
  onTold(listener: (() => void) | undefined): void {
    this.#onTold = listener;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(directory: string): void {
    if (this.#watchers.has(directory) || isSilent(directory)) return;
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => this.#told(directory, name));
      // The directory is gone, or there are too many watchers: then `mustLook` is true.
      watcher.on('error', () => this.#forget(directory));
      this.#watchers.set(directory, watcher);
    } catch {
      // The directory is not there yet, or the system has no more watchers to give: then `mustLook` is true.
    }
  }

  #told(directory: string, name: string | null): void {
    const isOurs = (path: string) => dirname(path) === directory && (name === null || basename(path) === name);
    const isGone = name === basename(directory);
    if (!isGone && !this.#directories.includes(directory) && !this.#paths.some(isOurs)) return;
    if (isGone) this.#forget(directory);
    this.#isTold = true;
    this.#onTold?.();
  }

  #forget(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }

  #read(): string {
    return [...this.#paths, ...this.#directories].map(marksOf).join('\n');
  }
}

function isSilent(directory: string): boolean {
  try {
    return silentFileSystems.has(statfsSync(directory).type);
  } catch {
    // The directory is not there: it cannot be watched either.
    return true;
  }
}

function marksOf(path: string): string {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? 'absent' : [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join();
  } catch {
    // The file cannot be looked at. Reading it fails in the same way, and reports that.
    return 'closed';
  }
}
