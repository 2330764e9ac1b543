import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { isJsonObject } from '../json-object.js';
import { jsonIn } from '../json-text.js';
import { isText, isTextOrAbsent } from '../json-values.js';
import type { Secret } from '../secret.js';
import { type FileVersion, readVersion, replaceFile } from '../storage/atomic-file.js';
import type { FileReader } from '../storage/file-memory.js';
import { appendNow, isPassedOver, whyNoFile } from '../storage/regular-file.js';
import type { Root } from '../storage/root.js';
import { fingerprint } from './journal.js';

/** What happened to a login, for finding out afterwards who renewed it and when. Never a token (P18). */
export type LineageEvent =
  /** A sign-in brought a new login. */
  | 'signed-in'
  /** We spent a refresh token and stored its successor. */
  | 'refreshed'
  /** An access token was got through another workspace of the same login; nothing was spent. */
  | 'entered-workspace'
  /** A newer copy, made by another program, was taken over. */
  | 'adopted'
  /** A login was written to `auth.json`. */
  | 'handed-out'
  /** Its refresh token went to another machine: no copy of it that is left here is ours to spend. */
  | 'released'
  /** Its refresh token came from another machine, and is ours to spend from then on. */
  | 'received'
  | 'refused'
  /** A request went out and nobody knows what became of it. */
  | 'unknown';

export interface LineageRecord {
  readonly at: number;
  readonly event: LineageEvent;
  readonly accountId: string;
  readonly pid: number;
  /** Salted fingerprint of the refresh token that was held before. */
  readonly before?: string;
  /** Salted fingerprint of the one held afterwards. */
  readonly after?: string;
  /** Where it came from, or why. */
  readonly detail?: string;
}

/** A token, or its `fingerprint` from the journal. */
export type TokenTrace = Secret | string;

export interface LineageFact {
  readonly event: LineageEvent;
  readonly accountId: string;
  readonly before?: TokenTrace | undefined;
  readonly after?: TokenTrace | undefined;
  readonly detail?: string;
}

export interface Lineage {
  readonly records: readonly LineageRecord[];
  printOf(token: TokenTrace): string;
}

const maxBytes = 256 * 1024;
const text = z.exactOptional(z.string());
const StoredRecord = z.object({
  at: z.number(),
  event: z.enum([
    'signed-in',
    'refreshed',
    'entered-workspace',
    'adopted',
    'handed-out',
    'released',
    'received',
    'refused',
    'unknown',
  ]),
  accountId: z.string(),
  pid: z.number(),
  before: text,
  after: text,
  detail: text,
});
/** The least length of the salt that begins the log, in characters. */
const shortestSalt = 16;

/**
 * Appends a line a fact; call it while holding the `store` lock. The log is knowledge only: it must never be the reason
 * that a token is not stored, so a failure to write it is returned, not thrown.
 */
export function logLineage(root: Root, ...facts: readonly LineageFact[]): { readonly problem?: string } {
  const path = root.paths.lineageLog;
  if (facts.length === 0) return {};
  try {
    const { salt = randomBytes(16).toString('hex'), lines, isTorn } = openLog(readLog(path, readVersion));
    const added = facts.map((fact) => JSON.stringify(recordOf(root, salt, fact)));
    const kept = sizeOf(lines) > maxBytes ? lines.slice(Math.ceil(lines.length / 2)) : lines;
    if (lines.length === 0 || kept !== lines) {
      const content = [JSON.stringify({ salt }), ...kept, ...added, ''].join('\n');
      replaceFile({ path, content }, root.processes);
    } else {
      // A crash may have cut off the last line; the next one must not end up in it.
      appendNow(path, `${isTorn ? '\n' : ''}${added.join('\n')}\n`);
    }
    return {};
  } catch {
    return { problem: `${path} could not be written` };
  }
}

function recordOf(root: Root, salt: string, { event, accountId, before, after, detail }: LineageFact): LineageRecord {
  const print = (token: TokenTrace | undefined) => token && saltedFingerprint(salt, token);
  const at = root.clock.now();
  const { pid } = root.processes.self;
  return definedOnly({ at, event, accountId, pid, before: print(before), after: print(after), detail });
}

/**
 * Whether we have exchanged this refresh token for another one ourselves, which makes every copy of it worthless
 * however new it looks. False when the log does not go back so far: then only the order of copies decides (P2).
 */
export function isKnownSpent(root: Pick<Root, 'paths'>, token: Secret): boolean {
  return knownSpent(root)(token);
}

/** The same for many tokens: the log is read once, or not at all where `read` remembers it. */
export function knownSpent({ paths }: Pick<Root, 'paths'>, read: FileReader = readVersion): (token: Secret) => boolean {
  try {
    const { salt, spent } = spentIn(readLog(paths.lineageLog, read));
    return (token) => spent.size > 0 && spent.has(saltedFingerprint(salt, token));
  } catch {
    // The log cannot be read. It is knowledge only, and nothing is lost by not having it.
    return () => false;
  }
}

interface SpentTokens {
  readonly salt: string | undefined;
  readonly spent: ReadonlySet<string | undefined>;
}

/** What was found in each version of the log, kept for as long as the version itself is in use. */
const spentTokens = new WeakMap<FileVersion, SpentTokens>();

function spentIn(version: FileVersion): SpentTokens {
  const known = spentTokens.get(version);
  if (known !== undefined) return known;
  const { salt, lines } = openLog(version);
  const facts = lines.flatMap(custodyFact);
  const spent = new Set(facts.filter(isSpending).map(({ before }) => before));
  for (const print of releasedAmong(facts)) spent.add(print);
  const found = { salt, spent };
  spentTokens.set(version, found);
  return found;
}

interface CustodyFact {
  readonly event?: unknown;
  readonly before?: string;
  readonly after?: string;
}

/** What a line says about the tokens of a login; read without a schema, because a switch reads every line. */
function custodyFact(line: string): CustodyFact[] {
  const fact = jsonIn(line);
  if (!isJsonObject(fact)) return [];
  const { event, before, after } = fact;
  return isTextOrAbsent(before) && isTextOrAbsent(after) ? [definedOnly({ event, before, after })] : [];
}

function isSpending({ event, before, after }: CustodyFact): boolean {
  return event === 'refreshed' && before !== undefined && after !== undefined && before !== after;
}

/** Prints of the refresh tokens that have gone to another machine, and have not come back. */
export function releasedAmong(facts: readonly CustodyFact[]): ReadonlySet<string> {
  const released = new Set<string>();
  for (const { event, before, after } of facts) {
    if (event === 'released' && before !== undefined) released.add(before);
    if (event === 'received' && after !== undefined) released.delete(after);
  }
  return released;
}

/** Whether this refresh token was ever ours, as far back as the log goes. */
export function isKnownToken(root: Pick<Root, 'paths'>, token: Secret, accountId?: string): boolean {
  return hasRecord(root, token, (print, record) => {
    const isMeant = accountId === undefined || record.accountId === accountId;
    return isMeant && (record.before === print || record.after === print);
  });
}

/** Whether two accounts had one refresh token at some time, as far back as the log goes. */
export function haveHadOneToken(root: Pick<Root, 'paths'>, one: string, other: string): boolean {
  try {
    const { records } = readLineage(root);
    const printsOf = (id: string) =>
      records
        .filter(({ accountId }) => accountId === id)
        .flatMap(({ before, after }) => [before ?? [], after ?? []].flat());
    const known = new Set(printsOf(one));
    return printsOf(other).some((print) => known.has(print));
  } catch {
    // The log cannot be read: the caller takes the two accounts for strangers.
    return false;
  }
}

/**
 * Whether the token came from the provider, or is what the official client uses, as far back as the log goes. A token
 * that was only found in a file may have ended long ago, however new it is.
 */
export function isProvenToken(root: Pick<Root, 'paths'>, token: Secret): boolean {
  return hasRecord(root, token, (print, { event, after, detail }) => {
    const isGiven = event === 'signed-in' || event === 'refreshed' || event === 'received';
    return after === print && (isGiven || (event === 'adopted' && detail === 'auth.json'));
  });
}

function hasRecord(
  root: Pick<Root, 'paths'>,
  token: Secret,
  isMeant: (print: string, record: LineageRecord) => boolean,
): boolean {
  try {
    const { records, printOf } = readLineage(root);
    const print = printOf(token);
    return records.some((record) => isMeant(print, record));
  } catch {
    // The log cannot be read: the callers are careful with a token that is not known.
    return false;
  }
}

/** What the log still knows, oldest first, and the print by which it names a token. */
export function readLineage({ paths }: Pick<Root, 'paths'>): Lineage {
  const { salt, lines } = openLog(readLog(paths.lineageLog, readVersion));
  const records = lines.flatMap((line) => {
    const record = StoredRecord.safeParse(jsonIn(line));
    return record.success ? [definedOnly(record.data)] : [];
  });
  return { records, printOf: (token) => saltedFingerprint(salt, token) };
}

/** Why nothing is noted: something that is no file stands in the place of the log. Undefined where nothing is in the way. */
export function whyNoLog({ paths }: Pick<Root, 'paths'>): string | undefined {
  const { lineageLog } = paths;
  const obstacle = whyNoFile(lineageLog);
  return obstacle && `cannot write ${lineageLog}: ${obstacle.message}; what happens to logins is not noted`;
}

/**
 * Tells tokens apart without revealing them; the salt keeps fingerprints of two roots unrelated. Without a salt nothing
 * has been noted yet that a print could be compared with.
 */
function saltedFingerprint(salt: string | undefined, token: TokenTrace): string {
  const print = typeof token === 'string' ? token : fingerprint(token.reveal());
  return createHash('sha256')
    .update(salt ?? '')
    .update(print)
    .digest('hex')
    .slice(0, 16);
}

/** The salt of the log and the lines after it: none without a salt. */
function openLog(version: FileVersion): { salt?: string; lines: string[]; isTorn: boolean } {
  const [first = '', ...lines] = version.kind === 'absent' ? [] : version.content.split('\n');
  const salt = saltIn(jsonIn(first));
  if (salt === undefined) return { lines: [], isTorn: false };
  return { salt, lines: lines.filter((line) => line !== ''), isTorn: lines.at(-1) !== '' };
}

function saltIn(header: unknown): string | undefined {
  const salt = isJsonObject(header) ? header['salt'] : undefined;
  return isText(salt) && salt.length >= shortestSalt ? salt : undefined;
}

/** The log is knowledge only: where the person wants none, by a link to /dev/null for instance, it counts as empty. */
function readLog(path: string, read: FileReader): FileVersion {
  try {
    return read(path);
  } catch (error) {
    if (!isPassedOver(error)) throw error;
    return { kind: 'absent' };
  }
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
