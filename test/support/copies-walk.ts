import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findHomes, reachableHomes } from '../../src/core/homes/known-homes.js';
import { readHomes } from '../../src/core/homes/registry.js';
import { backupPaths } from '../../src/core/storage/backups.js';
import { muchLater } from './cli.js';
import { driveLogin } from './drive-login.js';
import { field } from './provider/request-log.js';
import type { Provider } from './provider/start.js';
import { alice, aliceAtStudio, carol, RefreshHome } from './refresh-home.js';
import { type Walk, Walker } from './workspace-walk.js';

/**
 * The same with what people do beside the program: copies of login files that come back later, by hand or by `import`,
 * exports, backups put over the pool, a home that is away for a time, a client that signs in without asking us, a
 * second root that shares a home with the first. Much of that can end a login whatever we do. So a step is bad only
 * where we could have known better: where a spent token was sent, or left in a home, although we had spent it ourselves
 * or a file that we read held a newer one of the same login; where what can still be used was thrown away; and where
 * one token came to stand in two homes.
 */
export async function walkCopies(provider: Provider, directory: string, seed: number): Promise<Walk> {
  provider.reset();
  const walker = new CopiesWalker(provider, directory, seed);
  await walker.begin();
  return walker.walk();
}

/** A place in which a refresh token stands. */
interface Held {
  readonly path: string;
  readonly token: string;
}

/** What can be known before a step. */
interface Before {
  readonly requests: number;
  readonly live: ReadonlySet<string>;
  /** All that the files of this root and its homes hold, and what it has spent itself. */
  readonly known: readonly string[];
  readonly spent: readonly string[];
  readonly inHomes: readonly Held[];
  readonly used: ReadonlySet<string>;
}

class CopiesWalker extends Walker {
  readonly #stray = this.homeAt('stray');
  readonly #second = [this.#beside('four'), this.#beside('one')] as const;
  readonly #copies = join(this.directory, 'copies');
  /** By the root that has spent them. */
  readonly #spentBy = new Map<string, string[]>();
  /** A login was taken from the second home while that was away. */
  #isTaken = false;
  protected override readonly length = 16;

  #beside(name: string): RefreshHome {
    const codexHome = join(this.directory, name);
    mkdirSync(codexHome, { recursive: true });
    return new RefreshHome(join(this.directory, 'second'), this.provider, { codexHome });
  }

  /** Without it too much is what nobody can know. */
  protected override get keepsOwners(): boolean {
    return true;
  }

  override async begin(): Promise<void> {
    await super.begin();
    mkdirSync(this.#copies);
  }

  protected override async step(): Promise<void> {
    const kind = this.random.below(20);
    if (kind === 0) this.#letTimePass();
    else if (kind < 5) await this.#refresh();
    else if (kind < 10) await this.#byHand();
    else await this.#command(this.#program());
  }

  /** So that tokens are due. */
  #letTimePass(): void {
    const { scenario } = this.provider;
    scenario.clockOffsetSeconds += scenario.accessTokenSeconds - this.random.below(1_200);
    this.story.push('ten days pass');
  }

  /** Which token stands where, by its number; a minus before one that is dead. */
  #state(): string {
    const number = (token: string | undefined) =>
      token === undefined ? '' : `${this.#isDead(token) ? '-' : ''}${this.#ageOf(token)}`;
    const roots = [this.homes[0], this.#second[0]].map((each) =>
      [...each.records(), ...each.flagged()].map(
        ({ accountId, refreshToken, flaggedReason }) =>
          `${String(accountId).slice(0, 1)}:${number(refreshToken)}${flaggedReason === undefined ? '' : '!'}`,
      ),
    );
    const homes = this.#everyHome().map(({ path, token }) => `${dirname(path).slice(-20)}:${number(token)}`);
    return `    [${roots.join('] [')}] ${homes.join(' ')}\n`;
  }

  #program(): RefreshHome {
    const at = this.random.below(12);
    if (at === 0) return this.#stray;
    if (at < 3) return this.random.pick(this.#second);
    return this.random.pick(this.homes);
  }

  async #command(at: RefreshHome): Promise<void> {
    const account = String(1 + this.random.below(3));
    const who = this.random.pick([alice, aliceAtStudio, carol]);
    const words = this.random.pick<readonly string[]>([
      ['switch', account],
      ['switch', account],
      ['switch', account],
      ['switch', account, '--take'],
      ['switch', account, '--replace'],
      ['check'],
      ['check', '--live'],
      ['usage', '--live'],
      ['verify-flagged'],
      ['guard', '--once'],
      ['best', '--switch'],
      ['renew', '--force'],
      ['renew', account, '--force'],
      ['run', account, '--', 'true'],
      ['login', '--expect', who.email],
      ['remove', account, '--yes'],
      ['undo'],
      ['undo'],
      ['fix'],
      ['doctor', '--fix', '--offline'],
      this.#exporting(),
      this.#importing(),
      this.#importing(),
      this.#importing(),
    ]);
    await this.#judged(at, words, who);
  }

  #exporting(): readonly string[] {
    const format = this.random.pick(['pool', 'array', 'auth', 'flat']);
    return ['export', '--format', format, '--out', this.#newCopy(), '--yes'];
  }

  #importing(): readonly string[] {
    const copies = [...this.#copied(), join(this.directory, 'stray', 'auth.json')];
    return ['import', this.random.pick(copies as [string]), '--yes'];
  }

  #newCopy(): string {
    return join(this.#copies, `${readdirSync(this.#copies).length}.json`);
  }

  #copied(): string[] {
    return readdirSync(this.#copies).map((name) => join(this.#copies, name));
  }

  async #judged(at: RefreshHome, words: readonly string[], who = alice): Promise<void> {
    if (!existsSync(at.home.codexHome)) return;
    const before = this.#lookBefore(at);
    if (at.home.root !== this.homes[0].home.root) this.story.push('with the second root:');
    const options = words[0] === 'login' ? { onStderr: driveLogin(this.provider, who).onStderr } : muchLater;
    await this.run(at, words, options);
    // Whatever is there then is the person's doing.
    if (words.includes('--take') && !existsSync(this.homes[1].home.codexHome)) this.#isTaken = true;
    this.#judge(at, before);
    this.story.push(this.#state());
  }

  #refresh(): Promise<void> {
    return this.refreshSomewhere(
      this.random.pick<RefreshHome>([...this.homes, this.#second[0], this.#stray, ...this.runHomes()]),
    );
  }

  protected override clientRefused(_at: RefreshHome, what: string): void {
    this.story.push(what);
  }

  async #byHand(): Promise<void> {
    const home = this.random.pick([...this.homes, this.#second[0], this.#stray]);
    const { authFile } = home.home;
    switch (this.random.below(7)) {
      case 0:
      case 1: {
        const from = this.random.pick([...this.homes, this.#second[0], this.#stray].filter(holdsFile) as [RefreshHome]);
        const to = this.random.chance(0.7) ? this.#newCopy() : authFile;
        if (from !== undefined) this.#copy(from.home.authFile, to);
        return;
      }
      case 2:
      case 3: {
        const copy = this.random.pick([...this.#copied().filter(isLoginFile), ''] as string[] as [string]);
        if (copy !== '') this.#copy(copy, authFile);
        return;
      }
      case 4: {
        const root = this.random.pick([this.homes[0], this.#second[0]]);
        const { globalPool, globalFlagged } = root.root.paths;
        const file = this.random.chance(0.7) ? globalPool : globalFlagged;
        const backup = this.random.pick(backupPaths(file) as [string]);
        if (existsSync(backup)) this.#copy(backup, file);
        return;
      }
      case 5:
        this.#takeAwayOrBringBack();
        return;
      default:
        await this.#signInAsClient(home);
    }
  }

  #copy(from: string, to: string): void {
    if (!canHoldFile(to)) return;
    this.story.push(`cp ${this.short(from)} ${this.short(to)}`);
    const target = existsSync(to) ? realpathSync(to) : to;
    if (target !== realpathSync(from)) copyFileSync(from, target);
  }

  #takeAwayOrBringBack(): void {
    const path = this.homes[1].home.codexHome;
    const away = `${path}.away`;
    const isThere = existsSync(path);
    renameSync(...((isThere ? [path, away] : [away, path]) as [string, string]));
    this.story.push(isThere ? 'two is taken away' : 'two is back');
  }

  async #signInAsClient(at: RefreshHome): Promise<void> {
    if (!canHoldFile(at.home.authFile)) return;
    const who = this.random.pick([alice, aliceAtStudio, carol]);
    const revokes = this.random.chance(0.3);
    const old = loginIn(at.home.authFile);
    if (revokes && old !== undefined) await this.provider.revokeToken(old);
    this.story.push(`the client signs in to ${who.accountId.slice(0, 4)} in ${this.short(at.home.codexHome)}`);
    const owner = { login_owner_id: `owner-${this.provider.issued.all.length}` };
    const tokens = await this.provider.issueTokens(who);
    if (existsSync(at.home.authFile)) {
      const target = realpathSync(at.home.authFile);
      new RefreshHome(this.directory, this.provider, { codexHome: dirname(target) }).writeAuthFile(tokens, {}, owner);
    } else at.writeAuthFile(tokens, {}, owner);
  }

  #lookBefore(at: RefreshHome): Before {
    const spent = this.#spentBy.get(at.home.root) ?? [];
    return {
      requests: this.provider.requests.refreshes().length,
      live: this.#live(),
      known: [...this.#read(at), ...spent],
      spent,
      inHomes: this.#inHomes(at),
      used: new Set(this.#used()),
    };
  }

  #live(): ReadonlySet<string> {
    const tokens = this.provider.issued.all.flatMap(({ refresh_token: token }) => token ?? []);
    return new Set(tokens.filter((token) => this.provider.fateOf(token) === 'live'));
  }

  #judge(at: RefreshHome, before: Before): void {
    const { root } = at.home;
    const requests = this.provider.requests.refreshes().slice(before.requests);
    const sent = requests.map((request) => ({
      token: field(request, 'refresh_token') ?? '',
      isGranted: request.status === 200,
    }));
    const liveGrants = new Set([...before.live].map((token) => this.provider.grantOf(token)));
    for (const { token, isGranted } of sent) {
      if (isGranted) this.#spentBy.set(root, [...(this.#spentBy.get(root) ?? []), token]);
      else if (liveGrants.has(this.provider.grantOf(token))) {
        const what = `a spent token was sent: ${this.#name(token)}`;
        if (this.#couldKnow(before, token)) this.faults.push(what);
        else this.story.push(`${what}, and nobody could know`);
      }
    }
    const granted = sent.flatMap(({ token, isGranted }) => (isGranted ? [token] : []));
    this.#judgeHomes(at, before, granted);
    for (const token of this.#unused(at)) {
      const isNew = !before.live.has(token);
      if (isNew || before.used.has(token)) this.faults.push(`nobody can use ${this.#name(token)} any more`);
    }
  }

  /** We have spent it ourselves, or have read what became of it. */
  #couldKnow({ known, spent }: Before, token: string): boolean {
    const age = this.#ageOf(token);
    const isNewer = (each: string) => this.#areOneLogin(each, token) && this.#ageOf(each) > age;
    return spent.includes(token) || known.some(isNewer);
  }

  #areOneLogin(one: string, other: string): boolean {
    return this.provider.grantOf(one) === this.provider.grantOf(other);
  }

  #ageOf(token: string): number {
    return this.provider.issued.all.findIndex((each) => each.refresh_token === token);
  }

  #judgeHomes(at: RefreshHome, before: Before, granted: readonly string[]): void {
    const after = this.#inHomes(at);
    for (const { path, token } of after) {
      const isLeft = granted.includes(token);
      const held = before.inHomes.find((each) => each.path === path)?.token;
      // One that a copy has been ahead of moves as it is, and is brought up to date by the next command that asks for it.
      const isMoved = before.inHomes.some((each) => each.token === token);
      const isWritten = held !== token && !isMoved && this.#isDead(token) && this.#couldKnow(before, token);
      if (isLeft) this.faults.push(`${path} is left with a spent token: ${this.#name(token)}`);
      else if (isWritten) this.faults.push(`${path} got a spent token: ${this.#name(token)}`);
    }
    // A copy that was made by hand gets the next token, or its client would end the login.
    const isCopy = ({ path, token }: Held) =>
      before.inHomes.some((each) => each.path === path && each.token !== token && this.#areOneLogin(each.token, token));
    const held = after.filter((each) => !isCopy(each));
    const count = (all: readonly Held[], token: string) => all.filter((each) => each.token === token).length;
    for (const token of new Set(held.map((each) => each.token))) {
      if (this.#isDead(token) || count(held, token) < 2) continue;
      if (count(held, token) > count(before.inHomes, token))
        this.faults.push(`${count(held, token)} homes hold ${this.#name(token)}`);
    }
  }

  #isDead(token: string): boolean {
    return this.provider.fateOf(token) !== 'live';
  }

  /** Live tokens that stand in no place which is read, although this root still counts on their login. */
  #unused(at: RefreshHome): string[] {
    const used = this.#used();
    const dead = this.#read(at).filter((token) => this.#isDead(token));
    const missed = new Set(dead.map((token) => this.provider.grantOf(token)));
    return [...this.#live()].filter((token) => !used.includes(token) && missed.has(this.provider.grantOf(token)));
  }

  /** What stands where it is read by whichever root, or by a client. */
  #used(): string[] {
    const roots = [this.homes[0], this.#second[0]];
    return [...roots.flatMap((each) => this.#read(each)), ...this.#everyHome().map(({ token }) => token)];
  }

  /** What stands in the records and the journal of a root, and in the homes that it knows. */
  #read(at: RefreshHome): string[] {
    const records = [...at.records(), ...at.flagged()].flatMap(({ refreshToken }) => refreshToken ?? []);
    const answers = at.journal().flatMap(({ answer }) => answer?.refreshToken ?? []);
    return [...new Set([...records, ...answers, ...this.#inHomes(at, false).map(({ token }) => token)])];
  }

  /** What the homes hold that a root knows, also one that is away, each file once. */
  #inHomes(at: RefreshHome, withAway = true): Held[] {
    const reachable = reachableHomes(findHomes(at.root, at.codex)).map(({ directory }) => directory);
    const known = reachable.filter((each) => !(this.#isTaken && each === this.homes[1].home.codexHome));
    const living = readHomes(at.root).filter(({ accountId }) => accountId !== undefined);
    const away = living.flatMap(({ path }) => (path !== undefined && existsSync(`${path}.away`) ? `${path}.away` : []));
    return this.#heldIn([...known, ...(withAway && !this.#isTaken ? away : [])]);
  }

  #everyHome(): Held[] {
    const homes = [...this.homes, ...this.#second, this.#stray, ...this.runHomes()].map(({ home }) => home.codexHome);
    return this.#heldIn([...homes, ...homes.map((path) => `${path}.away`)]);
  }

  #heldIn(directories: readonly string[]): Held[] {
    const files = directories.map((each) => join(each, 'auth.json')).filter((each) => existsSync(each));
    const paths = [...new Set(files.map((each) => realpathSync(each)))];
    return paths.flatMap((path) => {
      const token = loginIn(path);
      return token === undefined ? [] : [{ path: this.short(path), token }];
    });
  }

  #name(token: string): string {
    return `${token.slice(0, 6)} (${this.#ageOf(token)} of ${this.provider.grantOf(token)?.slice(0, 4)}, ${this.provider.fateOf(token)})`;
  }

  protected override async end(): Promise<void> {
    if (!existsSync(this.homes[1].home.codexHome)) this.#takeAwayOrBringBack();
    for (const each of [...this.homes, ...this.#second]) {
      await this.#judged(each, ['check']);
      await this.#judged(each, ['doctor', '--fix', '--offline']);
    }
    for (const at of this.homes) {
      const records = at.records();
      for (const { path, token } of this.#inHomes(at)) {
        const isCurrent = ({ refreshToken }: { refreshToken?: string }) =>
          refreshToken !== undefined && !this.#isDead(refreshToken) && this.#areOneLogin(refreshToken, token);
        if (this.#isDead(token) && records.some(isCurrent))
          this.faults.push(`at last ${path} holds ${this.#name(token)}, and the pool a newer one`);
      }
    }
  }
}

function loginIn(path: string): string | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).tokens?.refresh_token;
  } catch {
    return undefined;
  }
}

function holdsFile({ home }: RefreshHome): boolean {
  return existsSync(home.authFile);
}

/** Not where a link leads into a home that is away. */
function canHoldFile(path: string): boolean {
  return existsSync(path) || (existsSync(dirname(path)) && lstatSync(path, { throwIfNoEntry: false }) === undefined);
}

function isLoginFile(path: string): boolean {
  return loginIn(path) !== undefined;
}
