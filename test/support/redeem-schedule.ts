import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.js';
import { type CliResult, runCli } from './cli.js';
import { inParallel } from './parallel.js';
import { ProgramProcess } from './program-process.js';
import { endpointPaths, type Fault } from './provider/scenario.js';
import { type Provider, startProvider } from './provider/start.js';
import { exhaust, homeWithCredits, unsettledIn } from './redeem-home.js';
import { alice, carol, type RefreshHome } from './refresh-home.js';
import { Random } from './schedules/random.js';

const people = [
  { ...alice, name: 'alice' },
  { ...carol, name: 'carol' },
] as const;
type Person = (typeof people)[number];

export interface RedeemSchedules {
  readonly directory: string;
  /** Commands are processes of their own, some of which are killed. */
  readonly apart: boolean;
  readonly firstSeed: number;
  readonly count: number;
}

export interface RedeemResult {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly spent: number;
  readonly lost: number;
  readonly killed: number;
  readonly story: readonly string[];
}

/** Schedules that run at once have a stand-in each. */
const atOnce = 4;

/** People agree again and again to spend a credit, while answers get lost, come late or twice, and processes die. */
export async function runRedeemSchedules(asked: RedeemSchedules): Promise<RedeemResult[]> {
  const providers = await Promise.all(Array.from({ length: atOnce }, () => startProvider()));
  const free = [...providers];
  const seeds = Array.from({ length: asked.count }, (_, index) => asked.firstSeed + index);
  try {
    return await inParallel(atOnce, seeds, async (seed) => {
      const provider = free.pop();
      if (provider === undefined) throw new Error('unreachable');
      provider.reset();
      const home = await homeWithCredits(provider, join(asked.directory, String(seed)));
      const result = await new Schedule(provider, home, seed, asked.apart).run();
      free.push(provider);
      return result;
    });
  } finally {
    await Promise.all(providers.map((provider) => provider.stop()));
  }
}

/** The schedules in which something went wrong, each with its seed and what happened in it. */
export function badRedemptions(results: readonly RedeemResult[]): string[] {
  const bad = results.filter(({ faults }) => faults.length > 0);
  return bad.map(({ seed, faults, story }) => [`seed ${seed}`, ...faults, ...story].join('\n'));
}

/** What a lost answer may look like. */
const losses: readonly [Fault, ...Fault[]] = [
  { kind: 'reset' },
  { kind: 'resetAfterProcessing' },
  { kind: 'processedThen500' },
  { kind: 'torn' },
  { kind: 'garbage' },
  { kind: 'hang' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 409, body: { error: { code: 'in_progress' } } },
];

const deadlineMs = 400;

class Schedule {
  readonly #provider: Provider;
  readonly #home: RefreshHome;
  readonly #random: Random;
  readonly #seed: number;
  readonly #apart: boolean;
  readonly #story: string[] = [];
  readonly #faults: string[] = [];
  /** How often somebody has agreed to spend a credit of this person. */
  readonly #agreed = new Map<Person, number>();
  #lost = 0;
  #killed = 0;

  constructor(provider: Provider, home: RefreshHome, seed: number, apart: boolean) {
    this.#provider = provider;
    this.#home = home;
    this.#random = new Random(seed);
    this.#seed = seed;
    this.#apart = apart;
  }

  async run(): Promise<RedeemResult> {
    const rounds = 2 + this.#random.below(3);
    for (let round = 0; round < rounds; round += 1) await this.#round();
    await this.#settle();
    const spent = people.reduce((sum, person) => sum + this.#spentBy(person), 0);
    return {
      seed: this.#seed,
      faults: this.#faults,
      spent,
      lost: this.#lost,
      killed: this.#killed,
      story: this.#story,
    };
  }

  async #round(): Promise<void> {
    const { scenario } = this.#provider;
    const person = this.#random.pick<Person>([...people]);
    if (this.#random.chance(0.4)) exhaust(this.#provider, person);
    const ended = new AbortController();
    const tooLate = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()));
    const fault = this.#disturbance(tooLate);
    if (fault !== undefined) scenario.on('consumeResetCredit', fault, { times: 1 });
    const before = new Map(people.map((each) => [each, this.#spentBy(each)]));
    // What a killed process has sent may reach the provider a round later.
    const onItsWay = unsettledIn(this.#home).map(({ account }) => account.id);
    const others = this.#random.chance(0.25) ? 2 : 1;
    await Promise.all(Array.from({ length: others }, () => this.#redeem(person)));
    scenario.off('consumeResetCredit');
    ended.abort();
    await this.#silence();
    this.#judge(before, (each) => (each === person ? others : Number(onItsWay.includes(idOf(each)))));
  }

  #disturbance(tooLate: Promise<void>): Fault | undefined {
    if (this.#random.chance(0.2)) return { kind: 'duplicated' };
    if (this.#random.chance(0.2)) return { kind: 'slow', ms: this.#random.below(deadlineMs / 2) };
    if (this.#random.chance(0.3)) return undefined;
    this.#lost += 1;
    const fault = this.#random.chance(0.2) ? ({ kind: 'held', until: tooLate } as const) : this.#random.pick(losses);
    // A command in a process of its own has the full deadline, which is too long to wait for here.
    const isLong = fault.kind === 'held' || fault.kind === 'hang';
    return this.#apart && isLong ? { kind: 'resetAfterProcessing' } : fault;
  }

  async #redeem(person: Person): Promise<void> {
    this.#agreed.set(person, (this.#agreed.get(person) ?? 0) + 1);
    const words = ['redeem', person.name, '--yes', '--json'];
    const told = this.#apart ? await this.#runApart(words) : tell(await runCli(this.#home.home, words, hurried));
    this.#story.push(`${words.join(' ')}: ${told}`);
    if (told.includes('"internal"')) this.#faults.push(told);
  }

  /** Runs a command that is sometimes killed, at some moment after the request was seen, or before. */
  async #runApart(words: readonly string[]): Promise<string> {
    const isKilled = this.#random.chance(0.6);
    const afterMs = this.#random.below(60);
    const program = new ProgramProcess(this.#home.home, words);
    if (isKilled) void this.#killNear(program, afterMs);
    const { exitCode, signal, stdout, stderr } = await program.ended;
    if (signal !== null) this.#killed += 1;
    return `${exitCode ?? signal} ${stdout}${stderr}`;
  }

  /** Kills a command about when its request is on its way: everything before that is the same in each run. */
  async #killNear(program: ProgramProcess, afterMs: number): Promise<void> {
    const { requests } = this.#provider;
    const isNear = () => requests.to(endpointPaths.resetCredits).length > seen;
    const seen = requests.to(endpointPaths.resetCredits).length + this.#random.below(2);
    for (let waited = 0; waited < 5_000 && !isNear(); waited += 5) await systemClock.sleep(5);
    await systemClock.sleep(afterMs);
    program.signal('SIGKILL');
  }

  /**
   * Waits until nothing is on its way: what a killed process has sent may still be, and what was held back is worked on
   * in the end.
   */
  async #silence(): Promise<void> {
    const { requests } = this.#provider;
    for (let quiet = 0; quiet < 2; ) {
      const before = requests.all.length;
      await systemClock.sleep(this.#apart ? 60 : 15);
      quiet = requests.all.length === before && requests.openNow === 0 ? quiet + 1 : 0;
    }
  }

  /**
   * Checks that each agreement has spent one credit at most, of the person that was named, that no request was sent for
   * two accounts, and that each account has one open request at most.
   */
  #judge(before: ReadonlyMap<Person, number>, mostOf: (person: Person) => number): void {
    for (const each of people) {
      const now = this.#spentBy(each) - (before.get(each) ?? 0);
      const most = mostOf(each);
      if (now > most) this.#faults.push(`${now} credits of ${each.name} went for ${most} agreements`);
    }
    for (const each of people) {
      if (this.#spentBy(each) > (this.#agreed.get(each) ?? 0)) this.#faults.push(`too many credits of ${each.name}`);
    }
    const owners = new Map<string, string>();
    for (const { requestId, account } of this.#provider.resetCredits.redemptions) {
      if ((owners.get(requestId) ?? account) !== account) this.#faults.push(`${requestId} was sent for two accounts`);
      owners.set(requestId, account);
    }
    const open = unsettledIn(this.#home);
    if (new Set(open.map(({ account }) => account.id)).size < open.length) this.#faults.push('two requests are open');
  }

  /**
   * Checks that what is open comes to an end once nothing disturbs it, and that no more credits are spent than were
   * agreed to.
   */
  async #settle(): Promise<void> {
    for (const person of people) {
      if (!unsettledIn(this.#home).some(({ account }) => account.id === idOf(person))) continue;
      exhaust(this.#provider, person);
      const { stdout, stderr } = await runCli(this.#home.home, ['redeem', person.name, '--yes']);
      this.#story.push(`at the end ${person.name}: ${stdout}${stderr}`);
    }
    const open = unsettledIn(this.#home);
    if (open.length > 0) this.#faults.push(`still open: ${JSON.stringify(open)}`);
    for (const each of people) {
      if (this.#spentBy(each) > (this.#agreed.get(each) ?? 0)) this.#faults.push(`too many credits of ${each.name}`);
    }
  }

  #spentBy({ accountId }: Person): number {
    return this.#provider.resetCredits.spentBy(accountId);
  }
}

const hurried = { spendingDeadlineMs: deadlineMs };

function idOf({ name }: Person): string {
  return name === 'alice' ? 'acc_home' : 'acc_carol';
}

function tell({ exitCode, stdout, stderr }: CliResult): string {
  return `${exitCode} ${stdout}${stderr}`;
}
