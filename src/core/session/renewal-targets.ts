import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { AppError } from '../errors.js';
import { failed, failedBy, type Renewal } from '../renewal/renewal.js';
import { readTokenFile, type TokenFile } from '../renewal/token-file.js';
import type { Roster } from '../roster/roster.js';
import { sweepTemporaries } from '../storage/leftovers.js';
import { type LoginSource, listSources } from '../transfer/list-sources.js';
import { importRefusals } from '../transfer/refusal.js';
import { type AskedAccount, askedAccounts } from './asked-accounts.js';
import { openRoster } from './selection.js';
import type { Session } from './session.js';
import { takeInAny } from './take-in.js';

/** A file that was named, or found in a directory that was named. */
export interface AskedFile {
  readonly name: string;
  readonly path: string;
  readonly isNamed: boolean;
  /** Absent where it is no token file that could be renewed; `problem` says why. */
  readonly file?: TokenFile;
  readonly problem?: Renewal;
}

export interface RenewTargets {
  readonly accounts: readonly AskedAccount[];
  readonly files: readonly AskedFile[];
}

/**
 * What the words on the command line mean: a path where a word looks like one, else an account, else a file or directory
 * of that name. Without words: every enabled account.
 */
export async function findTargets(
  session: Session,
  words: readonly string[],
  isReading: boolean,
): Promise<RenewTargets> {
  const paths = words.filter(looksLikePath);
  const others = words.filter((word) => !looksLikePath(word));
  const accounts = new Map<string, AskedAccount>();
  if (words.length === 0 || others.length > 0) {
    const roster = openRoster(session, isReading ? session.readingScope() : session.writingScope());
    if (!isReading) await takeInAny(session, roster);
    for (const word of others.length === 0 ? [undefined] : others) {
      const asked = accountsOf(session, roster, word);
      if (asked === undefined && word !== undefined) paths.push(word);
      for (const each of asked ?? []) accounts.set(each.account.id, each);
    }
  }
  const files = await findFiles(session, paths, isReading);
  if (accounts.size > 0 || files.length > 0) return { accounts: [...accounts.values()], files };
  throw new AppError('no-such-account', `there is no token file in ${paths.join(', ')}`, {
    hint: 'name a directory with *.json files in it, a file, or an account',
  });
}

function looksLikePath(word: string): boolean {
  return /[/\\]|\.json$|^\.{1,2}$/i.test(word);
}

/** Undefined for a word that names no account but something in this directory. */
function accountsOf(session: Session, roster: Roster, word: string | undefined): AskedAccount[] | undefined {
  try {
    return askedAccounts(session, roster, word);
  } catch (error) {
    const isUnknown = error instanceof AppError && (error.code === 'no-such-account' || error.code === 'empty-pool');
    if (isUnknown && word !== undefined && existsSync(resolve(session.cwd(), word))) return undefined;
    throw error;
  }
}

async function findFiles(session: Session, names: readonly string[], isReading: boolean): Promise<AskedFile[]> {
  const sources = await listSources(names, session.cwd(), 'token-files');
  return sources.map((source) => {
    // What a killed run left beside the file may hold its tokens (P10).
    const sweep = { file: basename(source.path), now: session.clock.now() };
    if (!isReading) sweepTemporaries(dirname(source.path), session.root.processes, sweep);
    const found = open(source, session.root.effectiveUserId);
    return { name: source.name, path: source.path, isNamed: names.includes(source.name), ...found };
  });
}

function open(source: LoginSource, userId: number | undefined): Pick<AskedFile, 'file' | 'problem'> {
  const { refusal } = source;
  if (refusal !== undefined) {
    const detail = refusal.detail === undefined ? '' : `: ${refusal.detail}`;
    const message = `it ${importRefusals[refusal.reason]}${detail}`;
    return { problem: failed({ code: 'storage-unreadable', message, hint: 'check the name and the permissions' }) };
  }
  try {
    assertOwnFile(source.path, userId);
    return { file: readTokenFile(source) };
  } catch (error) {
    return { problem: failedBy(error) };
  }
}

/** Throws for a file of another user: replaced with mode 0600 it would be out of its owner's reach (P21). */
function assertOwnFile(path: string, userId: number | undefined): void {
  const owner = ownerOfFile(path);
  if (userId === undefined || owner === undefined || owner === userId) return;
  throw new AppError('storage-wrong-owner', `it belongs to user ${owner}, but this runs as user ${userId}`, {
    hint: 'run it as the owner of the file, without sudo',
  });
}

function ownerOfFile(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    // It is gone or out of reach. Reading it fails in the same way, and reports why.
    return undefined;
  }
}
