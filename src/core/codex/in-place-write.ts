import { existsSync, rmSync } from 'node:fs';
import * as z from 'zod/mini';
import { AppError } from '../errors.js';
import { parseJsonText } from '../json-text.js';
import { makePrivateDirectory, readVersion, replaceFile, resolveTarget, tightenMode } from '../storage/atomic-file.js';
import { writeError } from '../storage/file-errors.js';
import { keepAside, keepNewest } from '../storage/kept.js';
import { overwriteNow } from '../storage/regular-file.js';
import type { Root } from '../storage/root.js';
import { flockHelpers, withCredentialLock } from './credential-lock.js';
import type { CodexHome } from './home.js';

/*
 * Where a credential file cannot be replaced, its content is overwritten. That can be cut short half-way, which a rename
 * cannot; so what is being written stands in a file of the root until it is done, and the next command that takes the
 * `store` lock finishes it.
 */

const UnfinishedWrite = z.object({
  version: z.literal(1),
  /** The home, whose lock guards the file, and the file itself. */
  home: z.string(),
  authFile: z.string(),
  /** Both contents in base64: the old one need not be text. */
  before: z.string(),
  content: z.string(),
});
type UnfinishedWrite = z.infer<typeof UnfinishedWrite>;

/** Only the last few copies stay: their logins are in the pool, in one of its backups, or kept under another name. */
const keptStem = 'overwritten-auth';
const keptCount = 5;

/**
 * Puts other content over a credential file, after a copy of the old has gone to `kept`. Call it under the client's own
 * locks and the `store` lock; `guard` runs right before. Throws `storage-write-failed`, mostly with the old content in
 * place.
 */
export function overwriteLogin(root: Root, home: CodexHome, content: string, guard: () => void): void {
  const before = readVersion(home.authFile);
  if (before.kind === 'absent') throw new AppError('storage-conflict', `${home.authFile} has gone meanwhile`);
  guard();
  keepAside(root, keptStem, before.bytes);
  keepNewest(root.paths.kept, keptStem, keptCount);
  const { directory, authFile } = home;
  const next = Buffer.from(content);
  note(root, {
    ...{ version: 1, home: directory, authFile },
    ...{ before: before.bytes.toString('base64'), content: next.toString('base64') },
  });
  try {
    guard();
  } catch (error) {
    forget(root);
    throw error;
  }
  overwrite(authFile, next);
  forget(root);
}

function overwrite(authFile: string, content: Buffer): void {
  try {
    overwriteNow(resolveTarget(authFile), content);
  } catch (error) {
    throw error instanceof AppError ? error : writeError(authFile, error);
  }
  tightenMode(authFile);
}

/** The file whose content a crash has left half-way between two logins. */
export function tornLogin(root: Pick<Root, 'paths'>): string | undefined {
  const unfinished = readUnfinished(root);
  return unfinished !== undefined && isTorn(unfinished) ? unfinished.authFile : undefined;
}

/** Finishes a write that a crash has cut short. Call it under the `store` lock. A home that is away waits for later. */
export async function finishLogin(root: Root): Promise<void> {
  const unfinished = readUnfinished(root);
  if (unfinished === undefined || !existsSync(unfinished.authFile)) return;
  const { home, authFile, content } = unfinished;
  await withCredentialLock({ home, authFile, clock: root.clock, helpers: flockHelpers }, () => {
    if (!existsSync(authFile)) return;
    if (isTorn(unfinished)) overwrite(authFile, Buffer.from(content, 'base64'));
    forget(root);
  });
}

/** Every byte is that of the old content or of the new; what another program has written since is left alone. */
function isTorn({ authFile, before, content }: UnfinishedWrite): boolean {
  const version = readVersion(authFile);
  if (version.kind === 'absent') return false;
  const { bytes } = version;
  const [old, next] = [Buffer.from(before, 'base64'), Buffer.from(content, 'base64')];
  if (bytes.equals(old) || bytes.equals(next) || bytes.length > Math.max(old.length, next.length)) return false;
  return bytes.every((byte, at) => byte === (old[at] ?? space) || byte === (next[at] ?? space));
}

/** Spaces follow the shorter of the two contents while the new one is written. */
const space = 0x20;

function note(root: Root, unfinished: UnfinishedWrite): void {
  makePrivateDirectory(root.paths.root);
  replaceFile({ path: root.paths.loginWrite, content: `${JSON.stringify(unfinished)}\n` }, root.processes);
}

function forget({ paths }: Pick<Root, 'paths'>): void {
  rmSync(paths.loginWrite, { force: true });
}

function readUnfinished({ paths }: Pick<Root, 'paths'>): UnfinishedWrite | undefined {
  const version = readVersion(paths.loginWrite);
  if (version.kind === 'absent') return undefined;
  try {
    return UnfinishedWrite.parse(parseJsonText(version.content));
  } catch {
    // Written by another version of this program: the file stays, and this version ignores it.
    return undefined;
  }
}
