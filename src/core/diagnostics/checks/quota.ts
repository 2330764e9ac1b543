import { isStale } from '../../quota/snapshot.js';
import { type Check, ok } from '../finding.js';
import { pooledAccounts } from './records.js';

/** Old numbers are normal, and shown with their age; this only says how many there are. */
export const quotaCheck: Check = {
  id: 'quota',
  title: 'Quota',
  inspect(world) {
    const accounts = pooledAccounts(world).filter(({ enabled }) => enabled);
    const known = accounts.filter(({ id }) => world.state.accounts[id]?.quota !== undefined);
    const stale = known.filter(({ id }) =>
      isStale(world.state.accounts[id]?.quota, world.now, world.settings.quotaTtlMs),
    );
    if (known.length === 0) return ok('nothing read yet: codex-auth usage');
    return ok(stale.length === 0 ? 'fresh' : `${stale.length} of ${accounts.length} old: codex-auth usage`);
  },
};
