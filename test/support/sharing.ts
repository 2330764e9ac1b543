import { expect } from 'vitest';
import { type CliOptions, type CliResult, runCli, runJson } from './cli.js';
import type { Postgres, TestDatabase } from './postgres/server.js';
import type { Provider } from './provider/start.js';
import { RefreshHome } from './refresh-home.js';
import { temporaryDirectory } from './temporary.js';

/** One of several machines: a home with a root of its own. */
export class SharingMachine {
  readonly seeded: RefreshHome;
  readonly name: string;

  constructor(name: string, provider: Provider, seeded = new RefreshHome(temporaryDirectory(), provider)) {
    this.name = name;
    this.seeded = seeded;
  }

  run(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return runCli(this.seeded.home, argv, options);
  }

  /** The `data` of the document of a command that must succeed. */
  async data(argv: readonly string[], options: CliOptions = {}) {
    const { exitCode, document } = await runJson(this.seeded.home, argv, options);
    expect({ exitCode, error: document.error }).toEqual({ exitCode: 0, error: undefined });
    return document.data;
  }

  /** The `error` of the document of a command that must fail. */
  async error(argv: readonly string[], options: CliOptions = {}) {
    const { exitCode, document, stderr } = await runJson(this.seeded.home, argv, options);
    return { exitCode, stderr, ...document.error };
  }

  /** Makes a shared pool, and returns its phrase. */
  async init({ url }: Pick<TestDatabase, 'url'>): Promise<string> {
    const { recoveryPhrase } = await this.data(['share', 'init', url, '--name', this.name]);
    return recoveryPhrase;
  }

  join({ url }: Pick<TestDatabase, 'url'>, phrase: string) {
    return this.data(['share', 'join', url, '--name', this.name, '--key-file', '-'], { stdin: phrase });
  }
}

/** A laptop that shares what is in its pool, and a desktop that has joined. */
export async function sharingMachines(postgres: Postgres, provider: Provider, laptop: SharingMachine) {
  const database = await postgres.newDatabase();
  const phrase = await laptop.init(database);
  await laptop.data(['share', 'add', '--all']);
  await laptop.data(['sync']);
  const desktop = new SharingMachine('desktop', provider);
  await desktop.join(database, phrase);
  return { database, phrase, desktop };
}
