import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { privateHomeOf } from '../../src/core/running/private-home.js';
import { runBuilt } from './built.js';
import type { ProgramOptions } from './program-process.js';
import type { Provider } from './provider/start.js';
import { findRealCodex, type RealCodexHome, realCodexHome } from './real-codex.js';
import { RefreshHome } from './refresh-home.js';

/** A home of the real client, our root beside it, and runs of the client as accounts of that root. */
export class RunHome {
  readonly client: RealCodexHome;
  readonly ours: RefreshHome;

  constructor(
    directory: string,
    readonly provider: Provider,
  ) {
    this.client = realCodexHome(directory, provider);
    this.ours = new RefreshHome(directory, provider, { codexHome: this.client.codexHome });
  }

  /** The private home of an account, for tests that look into it. */
  privately(id: string): RefreshHome {
    const codexHome = privateHomeOf(this.ours.root, id);
    return new RefreshHome(this.ours.home.directory, this.provider, { codexHome });
  }

  /** One command line of the product, in the environment of the real client. */
  command(words: readonly string[], options: ProgramOptions = {}) {
    const { variables } = options;
    return runBuilt(this.ours.home, words, { ...options, variables: { ...this.client.env, ...variables } });
  }

  run(selector: string, command: readonly string[], options: ProgramOptions = {}) {
    return this.command(['run', selector, '--', ...command], { timeoutMs: 60_000, ...options });
  }

  /** One turn of the real client as an account. */
  exec(selector: string, words: readonly string[], options: ProgramOptions = {}) {
    const codex = findRealCodex();
    if ('missing' in codex) throw new Error(codex.missing);
    return this.run(selector, [codex.path, 'exec', '--skip-git-repo-check', ...words], options);
  }

  /** The files of all threads that the client has written. */
  rollouts(): string[] {
    const sessions = join(this.client.codexHome, 'sessions');
    const names = readdirSync(sessions, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.jsonl')).map((name) => join(sessions, name));
  }

  /** The ids of these threads. */
  threads(): string[] {
    return this.rollouts().flatMap(
      (path) => /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/.exec(path)?.[1] ?? [],
    );
  }
}

/** What stands in a home as a file or directory of its own. */
export function ownEntries(home: string): string[] {
  return readdirSync(home).filter((name) => !lstatSync(join(home, name)).isSymbolicLink());
}
