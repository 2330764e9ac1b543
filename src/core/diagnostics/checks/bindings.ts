import { existsSync } from 'node:fs';
import { describeAccount } from '../../accounts/account.js';
import type { Binding } from '../../bindings/binding.js';
import { recordsOf } from '../../pools/scope-records.js';
import { quotedForPosix } from '../../shell/path-block.js';
import { type Check, judge, type Problem } from '../finding.js';
import type { World } from '../world/world.js';

/** Directories that are bound to an account: one that is gone keeps the client from running there. */
export const bindingsCheck: Check = {
  id: 'bindings',
  title: 'Bindings',
  inspect(world) {
    const { bindings } = world;
    if ('problem' in bindings) {
      const { message, isDamaged } = bindings.problem;
      const { bindings: path } = world.root.paths;
      const way = isDamaged
        ? { repair: { kind: 'set-aside', path } as const }
        : { command: `see who may read ${path}` };
      return judge([{ severity: 'error', message, ...way }], '');
    }
    const problems = bindings.list.flatMap((binding) => problemOf(world, binding) ?? []);
    return judge([...problems, ...unheard(bindings)], summary(world, bindings.list));
  },
};

function problemOf({ scopes }: World, { directory, accountId }: Binding): Problem | undefined {
  const command = `codex-auth switch --dir ${quotedForPosix(directory)} --clear`;
  if (!recordsOf(scopes).some(({ id }) => id === accountId)) {
    return { severity: 'error', message: `${directory} is bound to ${accountId}, which is not here any more`, command };
  }
  if (existsSync(directory)) return undefined;
  return { severity: 'warn', message: `${directory}, which is bound to an account, is gone`, command };
}

/** The shim is what gives a binding its effect. */
function unheard({ list, areHeard }: Exclude<World['bindings'], { problem: unknown }>): Problem[] {
  if (list.length === 0 || areHeard) return [];
  const message =
    'directories are bound to accounts, and the shim does not know them: codex runs as the account in use';
  return [{ severity: 'warn', message, command: 'codex-auth setup' }];
}

function summary({ scopes }: World, bindings: readonly Binding[]): string {
  if (bindings.length === 0) return 'no directory is bound to an account';
  const records = recordsOf(scopes);
  const places = bindings.map(({ directory, accountId }) => {
    const account = records.find(({ id }) => id === accountId);
    return `${directory}: ${account === undefined ? accountId : describeAccount(account)}`;
  });
  return places.join('; ');
}
