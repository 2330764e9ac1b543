import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliOptions, muchLater, runCli } from './cli.js';
import { refreshAsClient } from './client-refresh.js';
import { driveLogin } from './drive-login.js';
import type { Provider } from './provider/start.js';
import { alice, aliceAtStudio, carol, RefreshHome } from './refresh-home.js';
import { Random } from './schedules/random.js';

/** What came of one walk. */
export interface Walk {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly story: readonly string[];
}

/**
 * One step after the other in three homes of the official client under one root, with a login of two workspaces and one
 * of somebody else: switches, runs, sign-ins, removals, repairs, and refreshes by the client, for whichever workspace
 * the provider answers. At no moment do two files hold one refresh token, the client never meets one that is spent, and
 * at the end each home can go on.
 */
export async function walkWorkspaces(provider: Provider, directory: string, seed: number): Promise<Walk> {
  provider.reset();
  const walker = new Walker(provider, directory, seed);
  await walker.begin();
  return walker.walk();
}

export class Walker {
  protected readonly provider: Provider;
  protected readonly directory: string;
  readonly #seed: number;
  protected readonly random: Random;
  protected readonly homes: readonly [RefreshHome, RefreshHome, RefreshHome];
  protected readonly faults: string[] = [];
  protected readonly story: string[] = [];

  constructor(provider: Provider, directory: string, seed: number) {
    this.provider = provider;
    this.directory = directory;
    this.#seed = seed;
    this.random = new Random(seed);
    this.homes = [this.homeAt('one'), this.homeAt('two'), this.homeAt('three')];
  }

  protected homeAt(name: string): RefreshHome {
    const codexHome = join(this.directory, name);
    mkdirSync(codexHome, { recursive: true });
    return new RefreshHome(this.directory, this.provider, { codexHome });
  }

  /** As a sign-in leaves it; every other time it comes from a tool that does not keep what goes with a login. */
  protected get keepsOwners(): boolean {
    return this.#seed % 2 !== 0;
  }

  async begin(): Promise<void> {
    const [one] = this.homes;
    const madeBy = (login_owner_id: string) =>
      !this.keepsOwners ? {} : { authFile: { top: { OPENAI_API_KEY: null }, tokens: { login_owner_id } } };
    const { refresh_token: refreshToken } = await one.addAccount('personal', alice, madeBy('alice'));
    await one.addAccount('studio', { ...aliceAtStudio, refreshToken }, madeBy('alice'));
    await one.addAccount('carol', carol, madeBy('carol'));
  }

  async walk(): Promise<Walk> {
    const steps = this.length + this.random.below(10);
    for (let step = 0; step < steps && this.faults.length === 0; step += 1) {
      // The client's newest tokens are told from ours by their time, in whole seconds.
      this.provider.scenario.clockOffsetSeconds += 1;
      await this.step();
    }
    if (this.faults.length === 0) await this.end();
    return { seed: this.#seed, faults: this.faults, story: this.story };
  }

  /** The fewest steps. */
  protected readonly length: number = 4;

  /** One, and what it must not have done. */
  protected async step(): Promise<void> {
    await (this.random.chance(0.3)
      ? this.refreshSomewhere(this.random.pick<RefreshHome>([...this.homes, ...this.runHomes()]))
      : this.#runSomething());
    this.#expectOneFileEach();
  }

  /** What must be true at last. */
  protected async end(): Promise<void> {
    for (const each of this.homes) await this.run(each, ['check'], muchLater);
    this.#expectOneFileEach();
    for (const { path, token } of this.#held()) {
      if (this.provider.fateOf(token) !== 'live')
        this.faults.push(`${path} holds a ${this.provider.fateOf(token)} token`);
    }
  }

  async #runSomething(): Promise<void> {
    const at = this.random.pick(this.homes);
    const account = String(1 + this.random.below(3));
    const who = this.random.pick([alice, aliceAtStudio, carol]);
    const words = this.random.pick<readonly string[]>([
      ['switch', account],
      ['switch', account],
      ['switch', account],
      ['check'],
      ['renew', '--force'],
      ['run', account, '--', 'true'],
      ['login', '--expect', who.email],
      ['remove', account, '--yes'],
      ['undo'],
      ['fix'],
      ['doctor', '--fix', '--offline'],
    ]);
    await this.run(at, words, words[0] === 'login' ? { onStderr: driveLogin(this.provider, who).onStderr } : {});
  }

  protected async run(at: RefreshHome, words: readonly string[], options: CliOptions): Promise<void> {
    const { exitCode, stdout, stderr } = await runCli(at.home, words, { ...options, launch: () => Promise.resolve(0) });
    this.story.push(
      `${this.short(at.home.codexHome)}: ${words.join(' ')}: ${exitCode} ${stdout}${stderr}`.replaceAll(
        `${this.directory}/`,
        '',
      ),
    );
    if (/internal error|unexpected/i.test(stderr)) this.faults.push(stderr);
  }

  protected async refreshSomewhere(at: RefreshHome): Promise<void> {
    if (!existsSync(at.home.authFile)) return;
    const what = `the client refreshes in ${this.short(at.home.codexHome)}`;
    try {
      await refreshAsClient(at);
      this.story.push(what);
    } catch (error) {
      this.clientRefused(at, `${what}: ${error}`);
    }
  }

  protected clientRefused(_at: RefreshHome, what: string): void {
    this.faults.push(what);
  }

  protected runHomes(): RefreshHome[] {
    const [{ root }] = this.homes;
    const { privateHomes } = root.paths;
    const names = existsSync(privateHomes) ? readdirSync(privateHomes) : [];
    return names.map((name) => this.homeAt(join(privateHomes.slice(this.directory.length), name)));
  }

  #expectOneFileEach(): void {
    const held = this.#held();
    const doubles = held.filter(({ token }, index) => held.findIndex((each) => each.token === token) !== index);
    for (const { path } of doubles) this.faults.push(`${path} holds the token of another file`);
  }

  /** What each login file holds. A file that links lead to counts once. */
  #held(): { readonly path: string; readonly token: string }[] {
    const entries = readdirSync(this.directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name === 'auth.json');
    return files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: this.short(path), token: JSON.parse(readFileSync(path, 'utf8')).tokens.refresh_token };
    });
  }

  protected short(path: string): string {
    return path.slice(this.directory.length + 1);
  }
}
