import { existsSync } from 'node:fs';
import { type Account, describeAccount } from '../../accounts/account.js';
import type { Binding } from '../../bindings/binding.js';
import { privateHomeAt } from '../../codex/private-home.js';
import { isLoginOf } from '../../lineage/foreign-login.js';
import type { HeldLogin } from '../../logins/residence.js';
import { recordsOf } from '../../pools/scope-records.js';
import { quotedForPosix } from '../../shell/path-block.js';
import { type Check, fault, found, judge, type Problem, warning } from '../finding.js';
import type { World } from '../world/world.js';

/** Which login is in which home of the official client. A login in two separate files is lost sooner or later. */
export const homesCheck: Check = {
  id: 'homes',
  title: 'Homes',
  inspect(world) {
    const { homes } = world;
    if ('problem' in homes) {
      const { message, isDamaged } = homes.problem;
      const repair = { kind: 'set-aside', path: world.root.paths.homes } as const;
      const file = `see who may read ${world.root.paths.homes}`;
      return found({ severity: 'error', message, ...(isDamaged ? { repair } : { command: file }) });
    }
    return judge([...doubles(world, homes.held), ...away(world, homes.unreachable)], summary(world, homes.held));
  },
};

function doubles(world: World, held: readonly HeldLogin[]): Problem[] {
  return recordsOf(world.scopes).flatMap((account) => {
    const [first, ...others] = held.filter(({ state }) => isLoginOf(state.content, account));
    return first === undefined ? [] : others.map((other) => double(account, first, other));
  });
}

function double(account: Account, { home: keeper }: HeldLogin, { home }: HeldLogin): Problem {
  const name = describeAccount(account);
  const message = `${name} is in two login files, in ${keeper.directory} and in ${home.directory}: one of them will hold a spent token`;
  return fault(message, {
    kind: 'share-login',
    accountId: account.id,
    name,
    directory: home.directory,
    keeper: keeper.directory,
  });
}

type Unreachable = Exclude<World['homes'], { problem: unknown }>['unreachable'];

function away({ scopes }: World, unreachable: Unreachable): Problem[] {
  return unreachable.map(({ id, path, accountId }) => {
    const account = recordsOf(scopes).find((each) => each.id === accountId);
    const who = account === undefined ? 'what lives there is not known' : `${describeAccount(account)} lives there`;
    const message = `the home ${path ?? id} cannot be read now; ${who}`;
    return warning(
      message,
      `codex-auth doctor --forget-home ${id}  (only if it is gone for good; else make it reachable)`,
    );
  });
}

function summary({ scopes }: World, held: readonly HeldLogin[]): string {
  const records = recordsOf(scopes);
  const places = held.map(({ home, state }) => {
    const account = records.find((each) => isLoginOf(state.content, each));
    const whose = privateHomeAt(home.directory) === undefined ? '' : ' (for run)';
    return `${home.directory}${whose}: ${account === undefined ? 'none of your accounts' : describeAccount(account)}`;
  });
  return places.join('; ');
}

/** Directories that are bound to an account. Where the account is gone, the client does not run in them. */
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
      return found({ severity: 'error', message, ...way });
    }
    const problems = bindings.list.flatMap((binding) => bindingProblem(world, binding) ?? []);
    return judge([...problems, ...unheard(bindings)], boundPlaces(world, bindings.list));
  },
};

function bindingProblem({ scopes }: World, { directory, accountId }: Binding): Problem | undefined {
  const command = `codex-auth switch --dir ${quotedForPosix(directory)} --clear`;
  if (!recordsOf(scopes).some(({ id }) => id === accountId)) {
    return fault(`${directory} is bound to ${accountId}, which is not here any more`, command);
  }
  if (existsSync(directory)) return undefined;
  return warning(`${directory}, which is bound to an account, is gone`, command);
}

/** A binding has an effect only through the shim, which reads its own list. */
function unheard({ list, areHeard }: Exclude<World['bindings'], { problem: unknown }>): Problem[] {
  if (list.length === 0 || areHeard) return [];
  const message =
    'directories are bound to accounts, and the shim does not know them: codex runs as the account in use';
  return [warning(message, 'codex-auth setup')];
}

function boundPlaces({ scopes }: World, bindings: readonly Binding[]): string {
  if (bindings.length === 0) return 'no directory is bound to an account';
  const records = recordsOf(scopes);
  const places = bindings.map(({ directory, accountId }) => {
    const account = records.find(({ id }) => id === accountId);
    return `${directory}: ${account === undefined ? accountId : describeAccount(account)}`;
  });
  return places.join('; ');
}
