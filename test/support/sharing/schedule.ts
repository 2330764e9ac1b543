import { readClaims } from '../../../src/core/accounts/jwt-claims.js';
import { identityOfTokens } from '../../../src/core/accounts/token-identity.js';
import { AppError } from '../../../src/core/errors.js';
import { enrol } from '../../../src/core/logins/enrolment.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { Secret } from '../../../src/core/secret.js';
import { exchange } from '../../../src/core/sharing/exchange.js';
import { addToShare } from '../../../src/core/sharing/share-logins.js';
import { takeLogins } from '../../../src/core/sharing/take-logins.js';
import { ensureUsable } from '../../../src/core/spending/refresh.js';
import { refreshAsClient } from '../client-refresh.js';
import { CLIENT_ID } from '../provider/client.js';
import type { TokenSet } from '../provider/grants.js';
import { Random } from '../schedules/random.js';
import { endRun, Killed, type MortalRun, mortalRun } from './mortal.js';
import { type ChaosMachine, type Lane, type Person, patientMs, people, ShareWorld } from './world.js';

export interface ChaosResult {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly explained: number;
  readonly refreshes: number;
  readonly story: readonly string[];
}

/**
 * Runs one schedule from its seed: rounds of things at once on three machines, then a quiet end, then what must hold.
 */
export async function runShareSchedule(lane: Lane, directory: string, seed: number): Promise<ChaosResult> {
  lane.provider.reset();
  const world = await ShareWorld.make(lane, directory);
  return new ShareSchedule(world, seed).run();
}

const silenceMs = 500;
const clientsTurn = 'the client of its home';
const undisturbed = { killAt: undefined, fault: undefined };

type Action = (run: MortalRun, machine: ChaosMachine) => Promise<unknown>;

let nextPid = 1_000_000;

class ShareSchedule {
  readonly #world: ShareWorld;
  readonly #random: Random;
  readonly #seed: number;
  readonly #story: string[] = [];
  readonly #faults: string[] = [];
  /** Logins of which an answer was lost, or was not known when another machine took over by force. */
  readonly #explained = new Set<Person>();
  /** Machines where a process was killed, and where no command has put right since what it left in the home. */
  readonly #unhealed = new Set<ChaosMachine>();
  /** Machines that were superseded by force and have not heard of it. */
  readonly #unaware = new Map<ChaosMachine, Set<Person>>();

  /** The persons whose new logins have taken the place of others: of those before nothing is left but what goes on. */
  readonly #signedIn = new Set<Person>();

  constructor(world: ShareWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
    this.#random = new Random(seed);
  }

  async run(): Promise<ChaosResult> {
    await this.#begin();
    const rounds = 2 + this.#random.below(3);
    for (let round = 0; round < rounds; round += 1) {
      this.#world.lane.provider.scenario.clockOffsetSeconds += 2;
      await this.#round();
      this.#watch('after a round');
    }
    await this.#end();
    return {
      seed: this.#seed,
      faults: this.#faults,
      explained: this.#explained.size,
      refreshes: this.#world.lane.provider.requests.refreshes().length,
      story: this.#story,
    };
  }

  /** Begins with two logins: the first machine keeps one, which its client uses; the second machine keeps the other. */
  async #begin(): Promise<void> {
    const { lane, machines } = this.#world;
    const [one, two] = machines;
    const [first, second] = people;
    const tokens = await one.home.addAccount('acc_first', first);
    one.home.writeAuthFile(tokens);
    await two.home.addAccount('acc_second', second);
    await addToShare(this.#world.shareDeps(one, one.home.root), ['acc_first']);
    await addToShare(this.#world.shareDeps(two, two.home.root), ['acc_second']);
    if (this.#random.chance(0.7))
      for (const each of machines) await exchange(this.#world.shareDeps(each, each.home.root));
    lane.provider.scenario.accessTokenSeconds = 50;
  }

  async #round(): Promise<void> {
    const random = this.#random;
    const { machines } = this.#world;
    const count = 1 + random.below(3);
    if (random.chance(0.15)) return this.#forceAlone();
    // The client takes no part in our locks: at the same time it would send the same token.
    if (random.chance(0.12)) return this.#play(machines[0], clientsTurn, undisturbed, () => this.#client(machines[0]));
    const slow = random.chance(0.2);
    if (slow)
      this.#world.lane.provider.scenario.on('token', { kind: 'slow', ms: 20 + random.below(100) }, { times: 1 });
    const doings = Array.from({ length: count }, () => this.#pickDoing());
    await Promise.all(doings.map((start) => start()));
    this.#world.lane.provider.scenario.off('token');
  }

  #pickDoing(): () => Promise<void> {
    const random = this.#random;
    const machine = random.pick([...this.#world.machines]);
    const person = random.pick<Person>([...people]);
    const kind = random.pick([
      'exchange',
      'exchange',
      'refresh',
      'refresh',
      'refresh',
      'take',
      'take',
      'sign-in',
      'label',
    ] as const);
    const killAt = random.chance(0.25) ? 1 + random.below(120) : undefined;
    const fault = random.chance(0.3)
      ? {
          kind: random.pick(['cut', 'cut', 'cut', 'cut', 'twice', 'twice', 'silence'] as const),
          at: 1 + random.below(40),
        }
      : undefined;
    if (random.chance(0.1)) machine.clockAheadMs = random.pick([-86_400_000, 0, 86_400_000]);
    return () =>
      this.#play(machine, `${kind} ${person.email}`, { killAt, fault }, (run) =>
        this.#actions(kind, person)(run, machine),
      );
  }

  #actions(kind: string, person: Person): Action {
    switch (kind) {
      case 'exchange':
        return (run, machine) => exchange(this.#world.shareDeps(machine, run.root));
      case 'refresh':
        return (run, machine) => this.#refresh(run, machine, person);
      case 'take':
        return (run, machine) => this.#take(run, machine, person, false);
      case 'sign-in':
        return (run) => this.#signIn(run, person);
      default:
        return (run) => this.#label(run, person);
    }
  }

  async #play(
    machine: ChaosMachine,
    told: string,
    {
      killAt,
      fault,
    }: { readonly killAt: number | undefined; readonly fault: Parameters<ChaosMachine['way']['setFault']>[0] },
    action: (run: MortalRun) => Promise<unknown>,
  ): Promise<void> {
    const pid = nextPid++;
    const run = mortalRun({ root: machine.home.root, killAt, clockAheadMs: machine.clockAheadMs, pid });
    machine.way.setFault(fault);
    if (fault?.kind === 'silence') machine.deadlineMs = silenceMs;
    const issued = this.#issued();
    let outcome: string;
    try {
      outcome = JSON.stringify(await action(run)) ?? 'done';
      if (told.startsWith('exchange') && !run.wasKilled()) this.#unaware.delete(machine);
    } catch (error) {
      if (!(error instanceof AppError) && !(error instanceof Killed) && !run.wasKilled())
        this.#faults.push(`${told} on ${machine.name}: ${String((error as Error)?.stack ?? error)}`);
      outcome = String(error);
    }
    endRun(pid);
    machine.way.setFault(undefined);
    machine.deadlineMs = patientMs;
    if (run.wasKilled()) this.#unhealed.add(machine);
    else if (told !== clientsTurn) this.#unhealed.delete(machine);
    // The answer that a process was killed before it could write it is gone with it.
    if (run.wasKilled() && this.#issued() !== issued) for (const each of people) await this.#explainLost(each);
    const fate = [
      run.wasKilled() ? `killed at ${killAt}` : '',
      fault === undefined ? '' : `${fault.kind} at ${fault.at}`,
    ].filter(Boolean);
    this.#story.push(
      `${machine.name}: ${told}${fate.length === 0 ? '' : ` (${fate.join(', ')})`}: ${outcome.slice(0, 600)}`,
    );
  }

  #issued(): number {
    return this.#world.lane.provider.issued.all.length;
  }

  async #explainLost(person: Person): Promise<void> {
    const newest = this.#newest(person);
    if (newest !== undefined && !(await this.#world.isSomewhere(newest))) this.#explained.add(person);
  }

  /**
   * Takes a login over by force while no other machine does anything, because what the keeper has not told the pool is
   * lost by it.
   */
  async #forceAlone(): Promise<void> {
    const machine = this.#random.pick([...this.#world.machines]);
    const person = this.#random.pick<Person>([...people]);
    const newest = this.#newest(person);
    const isPushed = newest === undefined || (await this.#world.sealedTokens()).includes(newest);
    if (!isPushed) this.#explained.add(person);
    for (const other of this.#world.machines) {
      if (other !== machine) this.#unaware.set(other, (this.#unaware.get(other) ?? new Set()).add(person));
    }
    await this.#play(machine, `take --force ${person.email}`, undisturbed, (run) =>
      this.#take(run, machine, person, true),
    );
  }

  async #refresh(run: MortalRun, machine: ChaosMachine, person: Person, retryMs?: number): Promise<unknown> {
    const id = this.#world.recordOf(machine, person)?.recordId;
    if (id === undefined) return 'no such account';
    const account = machine.home.account(id);
    const { accessToken: rejected } = account.tokens;
    const deps = this.#world.refreshDeps(machine, run.root, retryMs);
    // A keeper that cannot reach the pool goes on without it.
    if (this.#isUnaware(machine, person) && machine.way.isFaulty()) this.#explained.add(person);
    const outcome = await ensureUsable(deps, {
      account,
      reason: 'unauthorized_recovery',
      ...(rejected === undefined ? {} : { rejected }),
    });
    return {
      kind: outcome.kind,
      ...('how' in outcome ? { how: outcome.how } : {}),
      ...('message' in outcome ? { message: outcome.message } : {}),
      ...(outcome.kind === 'refused' ? { refusal: outcome.refusal } : {}),
    };
  }

  async #take(run: MortalRun, machine: ChaosMachine, person: Person, force: boolean): Promise<unknown> {
    const deps = this.#world.shareDeps(machine, run.root);
    const id = this.#world.recordOf(machine, person)?.recordId;
    if (id === undefined) return exchange(deps);
    return takeLogins(deps, [id], { force, waitMs: 0 });
  }

  /** A new login of the same person, which starts a lineage of its own. */
  async #signIn(run: MortalRun, person: Person): Promise<unknown> {
    const { provider } = this.#world.lane;
    const tokens = await provider.issueTokens({ ...person, issuedAt: provider.scenario.now() + 1_000 });
    return withStore(run.root, {}, (store) => {
      this.#signedIn.add(person);
      return enrol(store, provenLogin(tokens, provider.issuer), undefined).outcome;
    });
  }

  async #client(machine: ChaosMachine): Promise<unknown> {
    try {
      const { tokens } = machine.home.authFile();
      if (!tokens.refresh_token) return 'a client without a refresh token';
      this.#explainExposed(machine, tokens.refresh_token);
      await refreshAsClient(machine.home);
      return 'the client refreshed';
    } catch (error) {
      return String(error);
    }
  }

  /**
   * A process that was killed between receiving an answer and giving it to the home has left the spent token there, and so
   * has a machine that was superseded by force. Our next command puts that right; a client that comes before sends the token,
   * which nobody can prevent.
   */
  #explainExposed(machine: ChaosMachine, token: string): void {
    const person = this.#ownerOf(token);
    if (person === undefined) return;
    const isSpent = this.#world.lane.provider.fateOf(token) !== 'live';
    if (this.#isUnaware(machine, person) || (isSpent && this.#unhealed.has(machine))) this.#explained.add(person);
  }

  /**
   * Whether the machine was superseded by force and has not heard of it: whichever of the two sends the token second
   * ends the login.
   */
  #isUnaware(machine: ChaosMachine, person: Person): boolean {
    return this.#unaware.get(machine)?.has(person) === true;
  }

  #label(run: MortalRun, person: Person): Promise<unknown> {
    const label = `label ${this.#random.below(1_000)}`;
    return withStore(run.root, {}, (store) => {
      const { pool } = store.scope(undefined);
      const accounts = pool.accounts.map((each) => (each.email === person.email ? { ...each, label } : each));
      store.savePool(undefined, { ...pool, accounts });
      return label;
    });
  }

  /** Checks that one root at most holds a living refresh token of a login. */
  #watch(when: string): void {
    const { machines, lane } = this.#world;
    const holders = new Map<string, ChaosMachine[]>();
    for (const machine of machines) {
      for (const token of this.#world.held(machine)) {
        if (lane.provider.fateOf(token) === 'live') holders.set(token, [...(holders.get(token) ?? []), machine]);
      }
    }
    for (const [token, found] of holders) {
      const person = this.#ownerOf(token);
      const aware = found.filter((machine) => person === undefined || !this.#isUnaware(machine, person));
      if (found.length > 1 && aware.length > 1)
        this.#faults.push(
          `${when}: ${found.map(({ name }) => name).join(' and ')} hold one living token of ${person?.email}`,
        );
    }
  }

  #ownerOf(token: string): Person | undefined {
    const accountId = this.#world.lane.provider.issued.all.find(({ refresh_token: each }) => each === token)?.accountId;
    return people.find((person) => person.accountId === accountId);
  }

  #newest(person: Person): string | undefined {
    const issued = this.#world.lane.provider.issued.all.filter(
      (each) => each.accountId === person.accountId && each.refresh_token !== undefined,
    );
    return issued.at(-1)?.refresh_token;
  }

  async #end(): Promise<void> {
    const { machines, lane } = this.#world;
    lane.provider.scenario.clockOffsetSeconds += 2;
    for (const machine of machines) machine.clockAheadMs = 0;
    for (let round = 1; round <= 2; round += 1) {
      for (const machine of machines) {
        await this.#play(machine, `exchange at the end, ${round}`, undisturbed, (run) =>
          exchange(this.#world.shareDeps(machine, run.root)),
        );
        if (round === 1) this.#unaware.delete(machine);
      }
    }
    this.#watch('at the end');
    await this.#renewAll();
    for (const person of people) await this.#judge(person);
  }

  /** Lets every keeper refresh its logins once more, and the exchanges bring what is new to every machine. */
  async #renewAll(): Promise<void> {
    const { machines, lane } = this.#world;
    lane.provider.scenario.clockOffsetSeconds += 2;
    for (const machine of machines) {
      for (const person of people) {
        if (!this.#world.recordOf(machine, person)?.refreshToken) continue;
        await this.#play(machine, `refresh ${person.email} at the end`, undisturbed, (run) =>
          this.#refresh(run, machine, person, 0),
        );
      }
    }
    // Twice: what a killed run had been answered is found, and pushed, by the first exchange of its machine.
    for (const machine of [...machines, ...machines]) {
      await this.#play(machine, 'exchange after all', undisturbed, (run) =>
        exchange(this.#world.shareDeps(machine, run.root)),
      );
    }
  }

  async #judge(person: Person): Promise<void> {
    const { machines, lane } = this.#world;
    const records = machines.map((machine) => ({ machine, record: this.#world.recordOf(machine, person) }));
    const keepers = records.filter(({ record }) => Boolean(record?.refreshToken));
    const issued = lane.provider.issued.all.flatMap((each) =>
      each.accountId === person.accountId ? (each.refresh_token ?? []) : [],
    );
    if (!this.#explained.has(person)) {
      for (const token of issued) {
        if (
          lane.provider.fateOf(token) === 'live' &&
          !this.#signedIn.has(person) &&
          !(await this.#world.isSomewhere(token))
        )
          this.#faults.push(`a living token of ${person.email} is nowhere`);
      }
      if (keepers.length !== 1) this.#faults.push(`${person.email} has ${keepers.length} keepers`);
      for (const { machine, record } of keepers) {
        const fate = lane.provider.fateOf(record?.refreshToken ?? '');
        if (fate !== 'live') this.#faults.push(`${machine.name} keeps a token of ${person.email} that is ${fate}`);
      }
    }
    if (this.#explained.has(person)) return;
    const access = new Set(records.map(({ record }) => record?.accessToken));
    if (access.size !== 1) this.#faults.push(`the machines have ${access.size} access tokens of ${person.email}`);
    const labels = new Set(records.map(({ record }) => record?.['accountLabel']));
    if (labels.size !== 1) this.#faults.push(`the machines call ${person.email} ${[...labels].join(' and ')}`);
  }
}

function provenLogin(tokens: TokenSet, issuer: string): Parameters<typeof enrol>[1] {
  const { issuedAt, expiresAt } = readClaims(tokens.access_token) ?? {};
  const set = {
    generation: 1,
    refreshToken: new Secret(tokens.refresh_token),
    accessToken: new Secret(tokens.access_token),
    idToken: new Secret(tokens.id_token),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(issuedAt === undefined ? {} : { lastRefresh: issuedAt }),
  };
  return { identity: identityOfTokens(set), tokens: set, provenance: { issuer, clientId: CLIENT_ID } };
}
