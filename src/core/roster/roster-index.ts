import type { CodexHome } from '../codex/home.js';
import { AppError } from '../errors.js';
import { readAccountState } from '../health/account-state.js';
import { findHomesForDisplay } from '../homes/known-homes.js';
import { jsonIn } from '../json-text.js';
import type { Scope } from '../project/scope.js';
import { listDirectory, textOf } from '../storage/atomic-file.js';
import { indexPrefix, keepCached, type PrivateCache, privateCache, readCached } from '../storage/private-cache.js';
import type { Root } from '../storage/root.js';
import {
  contentFrom,
  contentOf,
  hasLegacyKeys,
  type IndexContent,
  rosterOf,
  type StoredContent,
} from './index-content.js';
import { fixedPaths, furtherPaths, type Input, lookAt } from './index-inputs.js';
import { keyOf } from './roster.js';
import type { ShownRoster, ShownScope } from './shown-roster.js';

/*
 * What a list shows of the accounts of one scope, kept beside them so that nobody has to read thousands of tokens to show a
 * name. It counts only while nothing has changed that it was made of, and a run that finds none makes it anew
 * (docs/decisions/043-index.md).
 */

/** The index of one scope, as it can be used and made by one run. */
export interface RosterIndex {
  /** The roster as `readRoster` would give it, without a token; undefined where there is no index that holds. */
  read(): ShownRoster | undefined;
  /** Only the scopes of that roster with their accounts: first the one that is shown, then every other. */
  scopes(): readonly ShownScope[] | undefined;
  /** Makes the index of a roster that was read after {@link read} had found none, and says whether that was possible. */
  keep(roster: ShownRoster): boolean;
}

/** Room for ten thousand accounts, with everything written twice. */
const mostBytes = 32 * 1024 * 1024;

/** Room for a few projects, in each of two homes that a person works in. */
const kind = { mostFiles: 8, isOfKind: (name: string) => name.startsWith(indexPrefix) };

/**
 * A file that changed less than this before it was read may change again and keep the same time: on some file systems
 * times are counted in steps of two seconds.
 */
const usuallySettledMs = 2_000;

/** Another layout gets another number. */
const format = 2;

export interface IndexTerms {
  /** The version of the program: another one may read the same files in another way. */
  readonly version: string;
  /** How old the inputs must be; default two seconds. */
  readonly settledMs?: number | undefined;
}

/** Undefined where no index can be kept: for a root that is not there yet, or on a system without owners. */
export function openRosterIndex(
  root: Root,
  home: CodexHome,
  scope: Scope,
  { version, settledMs = usuallySettledMs }: IndexTerms,
): RosterIndex | undefined {
  const cache = cacheOf(root);
  if (cache === undefined || home.otherStore !== undefined) return undefined;
  const about = JSON.stringify([format, version, root.paths.root, home.directory, keyOf(scope) ?? null]);
  const name = `${indexPrefix}${shortNameOf(about)}`;
  let missedAt: number | undefined;
  const before = looksAt(root, home);
  const readContent = () => before && contentIn(readCached(cache, name, mostBytes), about, before);
  return {
    scopes() {
      const content = readContent();
      return content === undefined || hasLegacyKeys(scope, content.scopes) ? undefined : content.scopes;
    },
    read() {
      const content = readContent();
      if (content === undefined) {
        missedAt = root.clock.monotonicMs();
        return undefined;
      }
      const { state, warning } = readAccountState(root.paths.accountState);
      return rosterOf(content, { scope, state, warnings: warning === undefined ? [] : [warning] });
    },
    keep(roster) {
      if (before === undefined || missedAt === undefined || !followsFromFiles(root, home)) return false;
      const content = contentOf(roster, readAccountState(root.paths.accountState).warning);
      if (content === undefined || !isSame(before, looksAt(root, home))) return false;
      const sinceMs = root.clock.monotonicMs() - missedAt;
      return keepCached(cache, name, kind, ({ now, device }) =>
        isSettled(before, now - sinceMs - settledMs, device) ? fileOf(about, before, content) : undefined,
      );
    },
  };
}

function cacheOf({ paths, effectiveUserId }: Root): PrivateCache | undefined {
  try {
    return privateCache(paths.root, effectiveUserId);
  } catch {
    // The root cannot be read. There is no index then, and reading the pool reports the error.
    return undefined;
  }
}

/** A hash for the name only: what the file is about stands in the file (FNV-1a, 32 bits). */
function shortNameOf(about: string): string {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(about)) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16);
}

/** All inputs as they are now; undefined where one cannot be looked at. */
function looksAt(root: Root, home: CodexHome): readonly Input[] | undefined {
  try {
    const inputs = [...fixedPaths(root, home), ...furtherPaths(root)].map(([path, look]) => lookAt(path, look));
    return inputs.every((input) => input !== undefined) ? inputs : undefined;
  } catch (error) {
    // The registry of homes is damaged. There is no index then, and reading the homes reports the error.
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function isSame(before: readonly Input[], after: readonly Input[] | undefined): boolean {
  return after !== undefined && printsOf(before) === printsOf(after);
}

function printsOf(inputs: readonly Input[]): string {
  return JSON.stringify(inputs.map(({ path, print }) => [path, print]));
}

/** Whether all inputs changed before `latest`. One on another device than the cache does not: its clock may differ. */
function isSettled(inputs: readonly Input[], latest: number, device: bigint): boolean {
  return inputs.every(({ dated }) => dated === undefined || (dated.device === device && dated.changedAt < latest));
}

/** Whether times of files tell all changes: not those of a keyring, of answers in the journal, or of a home away. */
function followsFromFiles(root: Root, home: CodexHome): boolean {
  if (listDirectory(root.paths.journal).some((name) => name.endsWith('.json'))) return false;
  const { problem, others, unreachable } = findHomesForDisplay(root, home);
  const isHidden = others.some((each) => each.home.otherStore !== undefined);
  return problem === undefined && unreachable.length === 0 && !isHidden;
}

/** Everything twice, so that damage shows, as in a cache of V8. */
function fileOf(about: string, inputs: readonly Input[], content: StoredContent): string {
  const half = `${about}\n${printsOf(inputs)}\n${JSON.stringify(content)}\n`;
  return half + half;
}

/** Undefined unless the file is whole, about the same, and made of what the inputs are now. */
function contentIn(file: Buffer | undefined, about: string, inputs: readonly Input[]): IndexContent | undefined {
  const half = file?.subarray(0, file.length / 2);
  if (file === undefined || half === undefined || !half.equals(file.subarray(half.length))) return undefined;
  const [first, second] = [half.indexOf('\n'), half.indexOf('\n', half.indexOf('\n') + 1)];
  if (half.toString('utf8', 0, Math.max(0, first)) !== about) return undefined;
  const prints = half.toString('utf8', first + 1, Math.max(first + 1, second));
  if (prints !== printsOf(inputs)) return undefined;
  return contentFrom(jsonIn(textOf(half.subarray(second + 1))));
}
