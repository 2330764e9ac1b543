import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { AppError } from '../errors.js';
import { makePrivateDirectory, readDirectory, readVersion, syncDirectory, writeError } from '../storage/atomic-file.js';
import type { ProcessTable } from '../storage/process-table.js';
import { writeWhole } from '../storage/regular-file.js';
import { text } from '../storage/tolerant.js';

// An entry is one file: a header that says which token is about to be spent, and room for the answer. Everything is
// allocated and synced before the request, so that a full disk stops us while the token is still unspent (P3). The
// answer goes below the header, never over it: a torn write costs the answer, not the knowledge that we asked.

const entrySize = 32 * 1024;
const headerSize = 4 * 1024;

/** Its process has given the entry up, although it may still be alive. */
const leftSuffix = '.left.json';

const Owner = z.object({
  pid: z.number(),
  startedAt: z.optional(z.string()),
  bootId: z.optional(z.string()),
  pidNamespace: z.optional(z.string()),
  host: z.string(),
});

const Header = z.object({
  version: z.literal(1),
  kind: z.enum(['refresh', 'sign-in']),
  startedAt: z.number(),
  owner: Owner,
  /** The run of the program that sent it; it does not send the same token again (P4). */
  run: z.optional(z.string()),
  /** SHA-256 of the refresh token that the request spends; absent for a sign-in. */
  spent: z.optional(z.string()),
  /** The accounts whose records held that token. */
  accountIds: z.array(z.string()),
  /** For a sign-in: the scope that takes the new account, and its label. */
  scopeKey: z.optional(z.string()),
  label: z.optional(z.string()),
  /** Token files outside of the root that held the spent token and are to get the answer. */
  tokenFiles: z.optional(z.array(z.string())),
  issuer: z.string(),
  clientId: z.string(),
});

const Answer = z.object({
  refreshToken: text,
  accessToken: text,
  idToken: text,
  expiresAt: z.optional(z.number()),
  receivedAt: z.number(),
});

/** What is known before the request is sent. */
export type JournalHeader = z.infer<typeof Header>;
/** The tokens the provider answered with, in the clear: this is what the journal is for. */
export type JournalAnswer = z.infer<typeof Answer>;

/** `pending` means: sent or about to be, and nobody knows what became of it. */
export interface JournalEntry {
  readonly path: string;
  readonly header: JournalHeader;
  readonly answer?: JournalAnswer;
  /** Nobody works on it any more, even if the process that made it lives on. */
  readonly isLeft: boolean;
}

export interface OpenEntry {
  readonly path: string;
  /** Stores the answer and syncs it, before anyone uses it. */
  record(answer: JournalAnswer): void;
  /** The answer is where it belongs: the entry has done its work. */
  discard(): void;
  /** Keeps the entry on disk for whoever comes next, this process included. */
  leave(): void;
}

export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Creates an entry, padded and synced. Throws `storage-write-failed`; then nothing may be sent. */
export function openEntry(
  directory: string,
  processes: ProcessTable,
  header: Omit<JournalHeader, 'owner' | 'version'>,
): OpenEntry {
  const path = join(directory, `${header.startedAt}-${randomBytes(6).toString('hex')}.json`);
  const owner = { ...processes.self };
  const page = padded(path, JSON.stringify({ version: 1, ...header, owner }));
  makePrivateDirectory(directory);
  const descriptor = onDisk(path, () => fs.openSync(path, 'wx', 0o600));
  try {
    writeWhole(descriptor, page, 0);
    fs.fsyncSync(descriptor);
    syncDirectory(directory);
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
    record(answer) {
      const payload = JSON.stringify(answer);
      onDisk(path, () => {
        writeWhole(descriptor, Buffer.from(`${fingerprint(payload)} ${payload}\n`), headerSize);
        fs.fsyncSync(descriptor);
      });
    },
    discard() {
      close();
      onDisk(path, () => fs.rmSync(path, { force: true }));
    },
    leave() {
      close();
      onDisk(path, () => fs.renameSync(path, path.replace(/\.json$/, leftSuffix)));
    },
  };
}

/** Every readable entry, oldest first. An entry whose header is torn was never followed by a request. */
export function readEntries(directory: string): JournalEntry[] {
  return readDirectory(directory)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => readEntry(join(directory, name)));
}

function readEntry(path: string): JournalEntry[] {
  const version = readVersion(path);
  if (version.kind === 'absent') return [];
  // Counted in bytes: a label may have characters of several.
  const { bytes } = version;
  const header = Header.safeParse(parse(bytes.toString('utf8', 0, headerSize)));
  if (!header.success) return [];
  const answer = readAnswer(bytes.toString('utf8', headerSize));
  return [
    { path, header: header.data, isLeft: path.endsWith(leftSuffix), ...(answer === undefined ? {} : { answer }) },
  ];
}

function readAnswer(region: string): JournalAnswer | undefined {
  const [line = ''] = region.split('\n', 1);
  const separator = line.indexOf(' ');
  const payload = line.slice(separator + 1);
  if (separator !== 64 || fingerprint(payload) !== line.slice(0, separator)) return undefined;
  const answer = Answer.safeParse(parse(payload));
  return answer.success ? answer.data : undefined;
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // Torn by a crash, or still blank: the caller treats it as absent.
    return undefined;
  }
}
