import { systemClock } from '../../../src/core/clock.js';
import { muchLater, runCli } from '../cli.js';
import type { Fault } from '../provider/scenario.js';
import type { Provider } from '../provider/start.js';
import type { RefreshHome } from '../refresh-home.js';
import { actWithoutUs, type Done, deadlineMs, pickCommand, runApart, runHere } from './actions.js';
import { Random } from './random.js';
import { isOf, isUnknownHome, type Person, people, World } from './world.js';

export interface ScheduleOptions {
  readonly provider: Provider;
  readonly directory: string;
  readonly seed: number;
  /** Commands are processes, some of which are killed or stopped. */
  readonly apart: boolean;
}

export interface ScheduleResult {
  readonly seed: number;
  /** What must not have come about; empty when all is well. */
  readonly faults: readonly string[];
  /** Logins whose last answer was lost on the way, or together with the process that it went to. */
  readonly explained: number;
  readonly refreshes: number;
  readonly story: readonly string[];
}

/** Answers that do not arrive, or too late, after which the token is spent. */
const losing: readonly Fault['kind'][] = ['resetAfterProcessing', 'torn', 'processedThen500', 'held'];

/**
 * Runs one schedule from its seed: rounds of commands at once in three homes, and deeds of others, then a quiet check,
 * then what must hold.
 */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleResult> {
  const { provider, directory, seed } = options;
  // Tokens that are due for every command, only in a home, or for no command unless it is forced.
  provider.scenario.accessTokenSeconds = [50, 50, 400, 864_000][seed % 4] ?? 50;
  const world = await World.make(provider, directory);
  const schedule = new Schedule(world, options);
  return schedule.run();
}

/** What a round did to one person's logins. */
interface Round {
  /** How many answers with tokens there were before it. */
  readonly issuedBefore: number;
  /** Whether the newest of them may have been lost in a way that nobody can prevent. */
  readonly isExplained: boolean;
  /** Whether somebody pressed Ctrl-C while signing in: that login is not taken, and the one before lives on. */
  readonly hasGivenUp: boolean;
}

class Schedule {
  readonly #world: World;
  readonly #random: Random;
  readonly #options: ScheduleOptions;
  readonly #story: string[] = [];
  readonly #faults: string[] = [];
  readonly #lost = new Set<Person>();
  /** The persons whose home holds a spent token since a process was killed in the round before. */
  #exposed: readonly Person[] = [];
  /** How many answers with tokens there had been before the round in which a login got its newest ones. */
  readonly #issuedBefore = new Map<Person, number>();

  constructor(world: World, options: ScheduleOptions) {
    this.#world = world;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<ScheduleResult> {
    const { homes, provider } = this.#world;
    const [first, second] = people;
    // Every other schedule begins with one login in both homes.
    const uses = [first, this.#random.pick<Person>([first, second])];
    for (const [index, home] of homes.slice(0, 2).entries()) {
      await this.#round([() => runHere(this.#world, this.#random, home, ['switch', uses[index]?.email ?? ''])]);
    }
    const rounds = 1 + this.#random.below(3);
    for (let round = 0; round < rounds; round += 1) await this.#randomRound();
    provider.scenario.off('token');
    this.#world.bringBack();
    const [one, ...others] = homes;
    // A login that only the client knows of is found in its home alone.
    for (const each of [...others.filter(isUnknownHome), one]) await this.#checkAtTheEnd(each);
    this.#judge();
    return {
      seed: this.#options.seed,
      faults: this.#faults,
      explained: this.#lost.size,
      refreshes: provider.requests.refreshes().length,
      story: this.#story,
    };
  }

  async #checkAtTheEnd({ home }: RefreshHome): Promise<void> {
    for (const scope of this.#world.scopes()) {
      const { stdout, stderr } = await runCli(home, [...scope, 'check'], muchLater);
      this.#story.push(`at the end: ${scope} check: ${stdout}${stderr}`);
    }
  }

  async #randomRound(): Promise<void> {
    const { provider } = this.#world;
    const random = this.#random;
    if (random.chance(0.4)) return this.#clientRound(() => actWithoutUs(this.#world, random, this.#options.apart));
    if (random.chance(0.3)) this.#world.bringBack();
    const disturbed = random.chance(0.6) ? this.#disturb() : undefined;
    const run = this.#options.apart ? runApart : runHere;
    const commands = Array.from({ length: 2 + random.below(2) }, () => {
      const [home, words] = [random.pick(this.#world.homesThere()), pickCommand(random, this.#world)];
      return () => run(this.#world, random, home, words);
    });
    await this.#round(commands, disturbed);
    provider.scenario.off('token');
  }

  /** Sets a fault. Returns the person whose next answer it meets. */
  #disturb(): Person {
    const person = this.#random.pick<Person>([...people]);
    const { accountId } = person;
    const until = systemClock.sleep(deadlineMs + 500);
    const kinds: readonly [Fault, ...Fault[]] = [
      { kind: 'slow', ms: 50 + this.#random.below(200) },
      { kind: 'duplicated' },
      { kind: 'reset' },
      { kind: 'status', status: 503 },
      { kind: 'garbage' },
      { kind: 'resetAfterProcessing' },
      { kind: 'torn' },
      { kind: 'processedThen500' },
      { kind: 'held', until },
    ];
    const fault = this.#random.pick(kinds);
    this.#story.push(`${fault.kind} for ${accountId}`);
    this.#world.provider.scenario.on('token', fault, { times: 1, accountId });
    return person;
  }

  /**
   * A process that was killed between receiving an answer and giving it to the home has left the spent token there. Our next
   * command puts that right; a client that comes before sends the token, which nobody can prevent.
   */
  async #clientRound(act: () => Promise<Done>): Promise<void> {
    for (const person of this.#exposed) this.#lost.add(person);
    await this.#round([act]);
  }

  /** Runs these at once; then each login's newest answer is in a file, or it is known why not. */
  async #round(commands: readonly (() => Promise<Done>)[], disturbed?: Person): Promise<void> {
    const { provider } = this.#world;
    const [issuedBefore, requestsBefore] = [provider.issued.all.length, provider.requests.all.length];
    const done = await Promise.all(commands.map((start) => start()));
    this.#story.push(...done.map(({ told }) => told));
    for (const { told } of done)
      if (told.includes('"internal"') || /internal error/i.test(told)) this.#faults.push(told);
    const wasKilled = done.some((each) => each.wasKilled);
    if (wasKilled) await this.#silence();
    const requests = provider.requests.all.slice(requestsBefore);
    const wasLost = requests.some(({ fault }) => fault !== undefined && losing.includes(fault));
    // A request that is answered too late is processed all the same, though no client waits for it any more.
    while (provider.requests.unprocessedNow > 0) await systemClock.sleep(20);
    for (const each of people) {
      const hasLost = (wasLost && each === disturbed) || done.some(({ lost }) => lost === each);
      const hasGivenUp = done.some(({ told }) => hasGivenUpSigningIn(told, each));
      this.#follow(each, { issuedBefore, isExplained: wasKilled || hasLost, hasGivenUp });
    }
    const spent = this.#world.held().filter(({ token }) => provider.fateOf(token) !== 'live');
    const isLeft = ({ accountId }: Person) => spent.some((held) => held.accountId === accountId);
    this.#exposed = wasKilled ? people.filter(isLeft) : [];
  }

  /**
   * Waits until nothing is on its way: what a process has sent before it was killed may still be, however busy this
   * machine is, or be held back, although no client waits for it any more.
   */
  async #silence(): Promise<void> {
    const { issued, requests } = this.#world.provider;
    const seen = () => `${issued.all.length} ${requests.all.length}`;
    let quiet = 0;
    for (let before = seen(); quiet < 3; before = seen()) {
      await systemClock.sleep(100);
      quiet = seen() === before && requests.unprocessedNow === 0 ? quiet + 1 : 0;
    }
  }

  #follow(person: Person, { issuedBefore, isExplained, hasGivenUp }: Round): void {
    const { provider } = this.#world;
    const all = this.#world.issuedTo(person);
    const newest = all.at(-1)?.refresh_token ?? '';
    const isNew = provider.issued.all.slice(issuedBefore).some((each) => each.refresh_token === newest);
    const isHeldSince = (since: number) => this.#liveSince(person, since).some((token) => this.#world.isInFile(token));
    const isDropped = hasGivenUp && !isHeldSince(issuedBefore);
    if (isNew && !isDropped) this.#issuedBefore.set(person, issuedBefore);
    const isHeld = isHeldSince(this.#issuedBefore.get(person) ?? 0);
    if (isHeld) this.#lost.delete(person);
    else if (this.#lost.has(person) || isExplained) this.#lost.add(person);
    else this.#faults.push(`the newest tokens of ${person.email} are in no file`);
  }

  /**
   * Of the tokens that came in the last round that brought any, those that can still be used. Two sign-ins at once are
   * two logins.
   */
  #newestOf(person: Person): string[] {
    return this.#liveSince(person, this.#issuedBefore.get(person) ?? 0);
  }

  #liveSince(person: Person, issuedBefore: number): string[] {
    const { provider } = this.#world;
    const since = provider.issued.all.slice(issuedBefore);
    const tokens = this.#world.issuedTo(person).filter((each) => since.includes(each));
    return tokens.flatMap(({ refresh_token = '' }) =>
      provider.fateOf(refresh_token) === 'live' ? [refresh_token] : [],
    );
  }

  #judge(): void {
    for (const person of people) {
      const issuedBefore = this.#world.provider.issued.all.length;
      this.#follow(person, { issuedBefore, isExplained: false, hasGivenUp: false });
      if (!this.#lost.has(person)) this.#judgeLogin(person);
    }
  }

  /**
   * Checks one login: a record has the newest tokens, one only; without a record, what was removed is in a file. No
   * home is behind.
   */
  #judgeLogin(person: Person): void {
    const { provider } = this.#world;
    const records = this.#world.records().filter(isOf(person));
    const good = this.#newestOf(person);
    if (records.length > 1) this.#faults.push(`${person.email} has ${records.length} records`);
    const held = this.#world.held().filter(isOf(person));
    // What the client has got for an account that is set aside is taken over when that account is brought back.
    const isInHome = held.some(({ token }) => good.includes(token));
    for (const { token, isSetAside } of records) {
      if (isSetAside && isInHome) continue;
      if (!good.includes(token))
        this.#faults.push(`the record of ${person.email} holds a token that is ${provider.fateOf(token)}`);
    }
    for (const { token } of held) {
      if (provider.fateOf(token) !== 'live')
        this.#faults.push(`a home holds a token of ${person.email} that is ${provider.fateOf(token)}`);
    }
    const files = new Map(held.map(({ token, file }) => [file, token]));
    if (new Set(files.values()).size < files.size) this.#faults.push(`two files hold one token of ${person.email}`);
  }
}

function hasGivenUpSigningIn(told: string, { email }: Person): boolean {
  return told.includes(`login --expect ${email}`) && told.includes('interrupted after');
}
