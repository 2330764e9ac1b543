import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readClaims } from '../../../src/core/accounts/jwt-claims.js';
import { makeProject } from '../project-home.js';
import type { IssuedTokens } from '../provider/issued-tokens.js';
import type { Provider } from '../provider/start.js';
import { alice, bob, carol, RefreshHome } from '../refresh-home.js';
import { writeFlatFile } from '../token-files.js';

/** Three persons, the workspaces of whom differ. */
export const people = [alice, { ...bob, label: 'bob' }, carol] as const;
export type Person = (typeof people)[number];

interface Holding {
  readonly accountId: string;
  readonly token: string;
}

interface Recorded extends Holding {
  readonly isSetAside: boolean;
}

/** One root with two homes of the official client, a project, and a token file that somebody has kept. */
export class World {
  readonly provider: Provider;
  readonly directory: string;
  readonly homes: readonly [RefreshHome, RefreshHome];
  readonly tokenFile: string;

  private constructor(provider: Provider, directory: string, tokenFile: (home: RefreshHome) => string) {
    this.provider = provider;
    this.directory = directory;
    const homeAt = (name: string) => {
      const codexHome = join(directory, name);
      mkdirSync(codexHome, { recursive: true });
      return new RefreshHome(directory, provider, { codexHome });
    };
    this.homes = [homeAt('one'), homeAt('two')];
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

  issuedTo({ accountId }: Person): readonly IssuedTokens[] {
    return this.provider.issued.all.filter((each) => each.accountId === accountId && each.refresh_token !== undefined);
  }

  /** The words that mean each pool there is. */
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

  /** What each official home holds. */
  held(): Holding[] {
    return this.homes.flatMap(({ home }) => {
      if (!existsSync(home.authFile)) return [];
      const { id_token, refresh_token } = JSON.parse(readFileSync(home.authFile, 'utf8')).tokens;
      return [{ accountId: readClaims(id_token)?.accountId ?? '', token: refresh_token }];
    });
  }

  /** Whether any file holds this token whole; a journal entry is whole when it says when its answer came. */
  isInFile(token: string): boolean {
    const isWhole = (path: string, text: string) =>
      !path.includes('refresh-journal') || /"receivedAt":\d+[^}]*\}\n/.test(text);
    return this.#filesBelow(this.directory).some((path) => {
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

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has gone since it was listed: a command that was interrupted is still tidying up.
    return '';
  }
}
