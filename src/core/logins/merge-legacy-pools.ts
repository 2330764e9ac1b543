import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { ScopeContent, ScopeRecords } from '../pools/scope-records.js';
import type { OpeningStore, Store } from '../pools/store.js';
import { keepAside } from '../storage/kept.js';
import { newerTokens, withLegacy } from './legacy-pools.js';
import { isKnownSpent } from './lineage-log.js';
import { spread } from './rotation.js';

/**
 * Makes what `withLegacy` shows permanent. The old files go only when everything is written, with copies kept; a
 * merge that is cut short is finished by the next writer. Throws with the old files in place.
 */
export function mergeLegacyPools(store: OpeningStore): void {
  for (const { key, legacyKeys, onMerged } of store.root.projects?.() ?? []) {
    for (const legacyKey of legacyKeys) {
      const keptFiles = mergeLegacyPool(store, legacyKey, key);
      if (keptFiles !== undefined) onMerged(legacyKey, keptFiles);
    }
  }
}

/** Returns where copies of the old files are; undefined where there is nothing to merge. */
function mergeLegacyPool(store: OpeningStore, legacyKey: string, key: string): string[] | undefined {
  const legacy = store.scopes().find((scope) => scope.key === legacyKey);
  if (legacy === undefined) return undefined;
  try {
    takeIn(store, legacy, key);
    const versions = [legacy.poolVersion, legacy.flaggedVersion].filter((version) => version.kind === 'present');
    const keptFiles = versions.map(({ bytes }) => keepAside(store.root, 'worktree-accounts', bytes));
    store.removeScope(legacyKey);
    return keptFiles;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint, details } = error;
    const stays = `what an older version kept for one checkout stays in ${legacy.files.pool}`;
    throw new AppError(code, `${message}; ${stays}`, { ...definedOnly({ hint, details }), cause: error });
  }
}

function takeIn(store: Store, legacy: ScopeRecords, key: string): void {
  const others = () => store.scopes().filter((scope) => scope.key !== legacy.key && scope.key !== key);
  for (const { holder, tokens } of newerTokens([store.scope(key), ...others()], legacy)) {
    const isSpent = tokens.refreshToken !== undefined && isKnownSpent(store.root, tokens.refreshToken);
    if (!isSpent) spread(store, holder.id, tokens, holder.tokens.refreshToken);
  }
  const to = store.scope(key);
  const { pool, flagged } = withLegacy(to, legacy, others(), store.root.clock.now());
  if (isLonger(flagged, to.flagged)) store.saveFlagged(key, flagged);
  store.savePool(key, pool);
}

function isLonger(a: ScopeContent['flagged'], b: ScopeContent['flagged']): boolean {
  return a.accounts.length + a.unrecognised.length > b.accounts.length + b.unrecognised.length;
}
