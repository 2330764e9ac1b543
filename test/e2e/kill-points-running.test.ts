import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { privateHomeOf } from '../../src/core/running/private-home.js';
import { runBuilt } from '../support/built.js';
import { muchLater, runCli } from '../support/cli.js';
import { refreshAsClient } from '../support/client-refresh.js';
import { canFakeClients, type FakeClient, startFakeClient } from '../support/fake-clients.js';
import { inParallel } from '../support/parallel.js';
import { RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

/** As many processes at once as a small machine carries. */
const atOnce = 4;
const preload = ['kill-at-step.mjs'];

type Who = 'first' | 'second';
type Step = readonly ['switch' | 'run', Who];

interface Order {
  readonly title: string;
  readonly before: readonly Step[];
  /** Whose client runs in its private home meanwhile. */
  readonly running?: Who;
  readonly killed: Step;
}

const orders: readonly Order[] = [
  {
    title: 'an account gets a home of its own for its first run',
    before: [['switch', 'second']],
    killed: ['run', 'first'],
  },
  { title: 'an account runs that is in use', before: [['switch', 'first']], killed: ['run', 'first'] },
  {
    title: 'somebody switches to an account that runs',
    before: [
      ['switch', 'second'],
      ['run', 'first'],
    ],
    running: 'first',
    killed: ['switch', 'first'],
  },
  {
    title: 'somebody switches from an account that runs, to whose login there was a link',
    before: [
      ['run', 'first'],
      ['switch', 'first'],
    ],
    running: 'first',
    killed: ['switch', 'second'],
  },
  {
    title: 'somebody switches from an account that runs with the login in use',
    before: [
      ['switch', 'first'],
      ['run', 'first'],
    ],
    running: 'first',
    killed: ['switch', 'second'],
  },
];

/** Two logins of persons of its own, a home of the person, and runs as either of them. */
class Situation {
  readonly own: RefreshHome;
  readonly people: Readonly<Record<Who, string>>;
  #client: FakeClient | undefined;

  constructor(readonly directory: string) {
    const codexHome = join(directory, 'own');
    mkdirSync(codexHome, { recursive: true });
    this.own = new RefreshHome(directory, provider, { codexHome });
    const name = directory.split('/').slice(-2).join('-');
    this.people = { first: `first-${name}@example.com`, second: `second-${name}@example.com` };
  }

  async prepare({ before, running }: Order): Promise<void> {
    for (const email of Object.values(this.people)) {
      provider.people.addAccount({ email });
      await this.own.addAccount(email, { email, issuedAt: Date.now() - 3_600_000 });
    }
    for (const [at, step] of before.entries()) {
      await this.do(step);
      const isLastRun = step[0] === 'run' && !before.slice(at + 1).some(([verb]) => verb === 'run');
      if (running !== undefined && isLastRun) this.#client = await startFakeClient(this.privately(running), ['exec']);
    }
  }

  privately(who: Who): string {
    return privateHomeOf(this.own.root, this.people[who]);
  }

  words([verb, who]: Step): string[] {
    return verb === 'switch' ? ['switch', this.people[who]] : ['run', this.people[who], '--', 'true'];
  }

  async do(step: Step): Promise<void> {
    const result = await runCli(this.own.home, this.words(step), { launch: async () => 0 });
    expect(result.exitCode, said(result)).toBe(0);
  }

  start(step: Step, variables: Record<string, string>) {
    const KILL_AT_UNDER = [this.own.home.codexHome, this.own.home.root].join(delimiter);
    return runBuilt(this.own.home, this.words(step), { preload, variables: { KILL_AT_UNDER, ...variables } });
  }

  homes(): RefreshHome[] {
    const all = [this.own.home.codexHome, this.privately('first'), this.privately('second')];
    const homes = all.map((codexHome) => new RefreshHome(this.directory, provider, { codexHome }));
    return homes.filter(({ home }) => existsSync(home.authFile));
  }

  /** Refreshes in one home after the other. The token in every home is alive after each. */
  async expectAlive(): Promise<void> {
    for (const each of this.homes()) {
      await refreshAsClient(each);
      const tokens = this.homes().map((home) => home.authFile().tokens.refresh_token);
      expect(tokens.map((token) => provider.fateOf(token))).toEqual(tokens.map(() => 'live'));
    }
  }

  /** No two files hold the same refresh token. */
  expectEachOnce(): void {
    const files = this.homes().filter(({ home }) => lstatSync(home.authFile).isFile());
    const tokens = files.map((each) => each.authFile().tokens.refresh_token);
    expect(new Set(tokens).size).toBe(tokens.length);
  }

  async end(): Promise<void> {
    await this.#client?.stop();
  }
}

describe.runIf(canFakeClients)('killed at any of its steps in the homes, while', () => {
  it.each(orders)('$title, it leaves each login alive in one file', async (order) => {
    const directory = directoryInMemory();
    const whole = new Situation(join(directory, 'whole'));
    await whole.prepare(order);
    const log = join(directory, 'steps.json');
    expect(await whole.start(order.killed, { KILL_AT_LOG: log })).toMatchObject({ exitCode: 0 });
    await whole.end();
    const steps: string[] = JSON.parse(readFileSync(log, 'utf8')).steps;
    const points = [...steps.entries()].filter(([, name]) => isAboutHomes(name));
    expect(points.length).toBeGreaterThan(2);
    await inParallel(atOnce, points, async ([index, name]) => {
      const killed = new Situation(join(directory, `step-${index + 1}`));
      await killed.prepare(order);
      const { signal, stderr } = await killed.start(order.killed, { KILL_AT_STEP: String(index + 1) });
      expect(signal, stderr).toBe('SIGKILL');
      await verify(killed, order).catch((cause: unknown) => {
        throw new Error(`killed at step ${index + 1} of ${steps.length}, ${name}`, { cause });
      });
      await killed.end();
    });
  });
});

/** The credentials of the homes and the list of these, but not the locks. */
function isAboutHomes(step: string): boolean {
  return /(auth|homes)\.json/.test(step) && !step.includes('.lock');
}

/** Everything that must hold after a kill. */
async function verify(killed: Situation, { killed: step }: Order): Promise<void> {
  await killed.expectAlive();
  await killed.do(step);
  await killed.expectAlive();
  killed.expectEachOnce();
  const result = await runCli(killed.own.home, ['check'], muchLater);
  expect(result.exitCode, said(result)).toBe(0);
  for (const { refreshToken = '' } of killed.own.records()) expect(provider.fateOf(refreshToken)).toBe('live');
}
