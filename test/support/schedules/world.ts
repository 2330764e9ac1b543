import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readClaims } from '../../../src/core/accounts/jwt-claims.js';
import { markerName } from '../../../src/core/homes/marker.js';
import { makeProject } from '../project-home.js';
import type { IssuedTokens } from '../provider/issued-tokens.js';
import type { Provider } from '../provider/start.js';
import { alice, bob, carol, RefreshHome } from '../refresh-home.js';
import { writeFlatFile } from '../token-files.js';

/** Three persons in different workspaces. */
export const people = [alice, { ...bob, label: 'bob' }, carol] as const;
export type Person = (typeof people)[number];

interface Holding {
  readonly accountId: string;
  readonly token: string;
}

interface Held extends Holding {
  /** The file itself, also where a link leads to it. */
  readonly file: string;
}

interface Recorded extends Holding {
  readonly isSetAside: boolean;
}

export function isOf({ accountId }: Person) {
  return (holding: Holding) => holding.accountId === accountId;
}

/** Whether no login of the root was ever written there, nor taken from there, and there is one. */
export function isUnknownHome({ home }: RefreshHome): boolean {
  return existsSync(home.authFile) && !existsSync(join(home.codexHome, markerName));
}

/** One root with three homes of the official client, a project, and a token file that somebody has kept. */
export class World {
  readonly provider: Provider;
  readonly directory: string;
  /** The third one is not known to the root until something is done there. */
  readonly homes: readonly [RefreshHome, RefreshHome, RefreshHome];
  #away: RefreshHome | undefined;
  readonly tokenFile: string;

  private constructor(provider: Provider, directory: string, tokenFile: (home: RefreshHome) => string) {
    this.provider = provider;
    this.directory = directory;
    const homeAt = (name: string) => {
      const codexHome = join(directory, name);
      mkdirSync(codexHome, { recursive: true });
      return new RefreshHome(directory, provider, { codexHome });
    };
    this.homes = [homeAt('one'), homeAt('two'), homeAt('three')];
    this.tokenFile = tokenFile(this.homes[0]);
  }

  static async make(provider: Provider, directory: string): Promise<World> {
    const logins = [];
    for (const each of people) logins.push(await provider.issueTokens(each));
    const [first] = logins;
    if (first === undefined) throw new Error('unreachable');
    const world = new World(provider, directory, ({ home }) => writeFlatFile(home, 'kept-by-somebody.json', first));
    const [one] = world.homes;
    makeProject(one.home);
    for (const [index, tokens] of logins.entries()) one.addRecord(`acc_${index}`, tokens);
    return world;
  }

  /** Where commands run. */
  homesThere(): [RefreshHome, ...RefreshHome[]] {
    const [first, ...others] = this.homes;
    return [first, ...others.filter((each) => each !== this.#away)];
  }

  /** Where clients run: also in the homes that `run` has made. */
  clientHomes(): [RefreshHome, ...RefreshHome[]] {
    const { provider, directory } = this;
    return [
      ...this.homesThere(),
      ...this.#runHomes().map((codexHome) => new RefreshHome(directory, provider, { codexHome })),
    ];
  }

  #runHomes(): string[] {
    const { privateHomes } = this.homes[0].root.paths;
    return existsSync(privateHomes) ? readdirSync(privateHomes).map((name) => join(privateHomes, name)) : [];
  }

  /** Takes a home away, as a disk that is not there for a while; false for a home that stays. */
  moveAway(home: RefreshHome): boolean {
    if (this.#away !== undefined || !this.homes.slice(1).includes(home)) return false;
    this.#away = home;
    renameSync(home.home.codexHome, `${home.home.codexHome}-away`);
    return true;
  }

  bringBack(): void {
    const codexHome = this.#away?.home.codexHome;
    if (codexHome !== undefined) renameSync(`${codexHome}-away`, codexHome);
    this.#away = undefined;
  }

  /** The person whose login a home holds. */
  personIn({ authFile }: { readonly authFile: string }): Person | undefined {
    const [holding] = holdingsIn(authFile);
    return people.find((each) => each.accountId === holding?.accountId);
  }

  issuedTo({ accountId }: Person): readonly IssuedTokens[] {
    return this.provider.issued.all.filter((each) => each.accountId === accountId && each.refresh_token !== undefined);
  }

  /** The options that name each pool that is there. */
  scopes(): readonly (readonly string[])[] {
    const hasProject = existsSync(join(this.homes[0].home.root, 'projects'));
    return [['--global'], ...(hasProject ? [['--project=.']] : [])];
  }

  /** The refresh token of every record, in whichever pool or set aside. */
  records(): Recorded[] {
    const files = this.#filesBelow(this.homes[0].home.root).filter((path) =>
      /openai-codex-\S*accounts\.json$/.test(path),
    );
    return files.flatMap((path) => {
      const { accounts } = JSON.parse(readFileSync(path, 'utf8'));
      return accounts.map(({ accountId, refreshToken }: Record<string, string>) => ({
        accountId,
        token: refreshToken,
        isSetAside: path.includes('flagged'),
      }));
    });
  }

  /** What each official home holds that is there. */
  held(): Held[] {
    const homes = this.homesThere().map(({ home }) => home.codexHome);
    return [...homes, ...this.#runHomes()].flatMap((home) => holdingsIn(join(home, 'auth.json')));
  }

  /**
   * Whether any file holds this token whole; a journal entry is whole when it says when its answer came. What stands in the
   * backup of a pool alone has been replaced there, and nothing brings it back without being asked.
   */
  isInFile(token: string): boolean {
    const isWhole = (path: string, text: string) =>
      !path.includes('refresh-journal') || /"receivedAt":\d+[^}]*\}\n/.test(text);
    const files = this.#filesBelow(this.directory).filter((path) => !isBackup(path));
    return files.some((path) => {
      const text = contentOf(path);
      return text.includes(token) && isWhole(path, text);
    });
  }

  #filesBelow(directory: string): string[] {
    if (!existsSync(directory)) return [];
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }
}

function isBackup(path: string): boolean {
  return /\.bak(\.\d+)?$/.test(path);
}

function holdingsIn(authFile: string): Held[] {
  if (!existsSync(authFile)) return [];
  const { id_token, refresh_token } = JSON.parse(readFileSync(authFile, 'utf8')).tokens;
  return [{ accountId: readClaims(id_token)?.accountId ?? '', token: refresh_token, file: realpathSync(authFile) }];
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The file has gone since it was listed: a command that was interrupted is still tidying up.
    return '';
  }
}
