import { join } from 'node:path';
import type { Clock } from '../../../src/core/clock.js';
import { flockHelpers } from '../../../src/core/codex/credential-lock.js';
import { Secret } from '../../../src/core/secret.js';
import { exchange } from '../../../src/core/sharing/exchange.js';
import type { ExchangeReport } from '../../../src/core/sharing/exchange-report.js';
import { initShare, joinShare } from '../../../src/core/sharing/membership.js';
import { shareCustody } from '../../../src/core/sharing/share-custody.js';
import { readShare } from '../../../src/core/sharing/share-file.js';
import { newShareKey, type ShareKey } from '../../../src/core/sharing/share-key.js';
import { addToShare } from '../../../src/core/sharing/share-logins.js';
import type { ShareDeps } from '../../../src/core/sharing/share-session.js';
import { type TakeReport, takeLogins } from '../../../src/core/sharing/take-logins.js';
import type { Provider } from '../provider/start.js';
import { RefreshHome, type Run } from '../refresh-home.js';

/** One root that takes part in a shared pool. */
export class SharingMachine {
  readonly name: string;
  readonly home: RefreshHome;
  readonly deps: ShareDeps;
  readonly warnings: string[] = [];
  readonly #make: (name: string) => SharingMachine;
  readonly #key: ShareKey;

  constructor(directory: string, name: string, provider: Provider, key: ShareKey, clock: Clock) {
    this.name = name;
    this.#key = key;
    this.#make = (other) => new SharingMachine(directory, other, provider, key, clock);
    this.home = new RefreshHome(join(directory, name), provider, { clock });
    this.deps = {
      root: this.home.root,
      home: this.home.codex,
      flockHelpers,
      key: () => Promise.resolve(key),
      signal: new AbortController().signal,
      warn: (message) => this.warnings.push(message),
      unansweredRetryMs: 300_000,
    };
  }

  /** The machine whose files are in a copy of this one's directory. */
  copiedTo(name: string): SharingMachine {
    return this.#make(name);
  }

  /** One more machine, which joins the pool. */
  async another(name: string): Promise<SharingMachine> {
    const url = readShare(this.home.root)?.url;
    if (url === undefined) throw new Error('it takes part in no pool');
    const machine = this.#make(name);
    await joinShare(machine.deps, { url, key: this.#key, machineName: name });
    return machine;
  }

  exchange(): Promise<ExchangeReport> {
    return exchange(this.deps);
  }

  add(...ids: string[]): Promise<ExchangeReport> {
    return addToShare(this.deps, ids);
  }

  take(id: string, force = false): Promise<TakeReport> {
    return takeLogins(this.deps, [id], { force, waitMs: 0 });
  }

  /** Refreshes as any command does. */
  refresh(id: string): ReturnType<Run['refresh']> {
    return this.home.run(this.name, { custody: shareCustody(this.deps) }).refresh(id);
  }

  /** The refresh tokens of its records. */
  held(): string[] {
    return [...this.home.records(), ...this.home.flagged()].flatMap(({ refreshToken }) => refreshToken || []);
  }
}

/** Several machines, of which the first has made the pool. */
export async function sharingMachines(
  directory: string,
  url: string,
  provider: Provider,
  names: readonly string[],
): Promise<SharingMachine[]> {
  const key = newShareKey();
  const clock = { ...systemClockOf(provider) };
  const machines = names.map((name) => new SharingMachine(directory, name, provider, key, clock));
  for (const [index, { deps, name }] of machines.entries()) {
    const joining = { url: new Secret(url), key, machineName: name };
    if (index === 0) await initShare(deps, joining);
    else await joinShare(deps, joining);
  }
  return machines;
}

function systemClockOf(provider: Provider): Clock {
  return {
    now: () => provider.scenario.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
