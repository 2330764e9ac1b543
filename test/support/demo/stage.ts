import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { driveLogin } from '../drive-login.js';
import { ProgramProcess, type ProgramResult } from '../program-process.js';
import type { AccountRef } from '../provider/people.js';
import type { Provider } from '../provider/start.js';
import { makeTestHome, type TestHome } from '../test-home.js';

export interface Audience {
  write(text: string): void;
  readonly hasColor: boolean;
  /** Columns of the terminal, when it is one. */
  readonly width?: number;
}

export interface Expectation {
  /** Default 0. */
  readonly exitCode?: number | 'any';
  /** What the output has to say. */
  readonly shows?: readonly (string | RegExp)[];
}

/** Thrown when a step did not do what the story says. */
export class StoryBroken extends Error {}

/** A person's machine: a home of its own, a terminal that everybody sees, and the stand-in for the provider. */
export class Stage {
  readonly provider: Provider;
  readonly home: TestHome;
  /** How many commands were typed. */
  typed = 0;
  #audience: Audience;
  readonly #variables: Readonly<Record<string, string>>;
  #running: ProgramProcess | undefined;
  readonly #warnings = new Set<string>();

  constructor(directory: string, provider: Provider, audience: Audience) {
    this.provider = provider;
    this.home = makeTestHome(directory, provider);
    this.#audience = audience;
    this.#variables = {
      // Starts and shows nothing: the stand-in's people sign in without a browser.
      BROWSER: 'true',
      TZ: process.env['TZ'] ?? '',
      LANG: 'C.UTF-8',
      ...(audience.hasColor ? { FORCE_COLOR: '1' } : {}),
      ...(audience.width === undefined ? {} : { COLUMNS: String(audience.width) }),
    };
  }

  say(text: string): void {
    this.#audience.write(`${text}\n`);
  }

  /** Types a command line, shows its real output, and checks that it is what the story promises. */
  async type(argv: readonly string[], expectation: Expectation = {}): Promise<ProgramResult> {
    return this.#run(argv, expectation);
  }

  /** Types a `login` that a person completes in the browser, and checks it in the same way. */
  async signIn(who: AccountRef, argv: readonly string[] = [], expectation: Expectation = {}): Promise<ProgramResult> {
    const person = driveLogin(this.provider, who);
    const result = await this.#run(['login', ...argv], expectation, person.onStderr);
    await person.finished();
    return result;
  }

  check(isSo: boolean, claim: string): void {
    if (!isSo) throw new StoryBroken(`it is not so that ${claim}`);
    this.say(`  (checked: ${claim})`);
  }

  /** The account of the login that the official client would read now. */
  accountIdInUse(): string {
    const file: { tokens: { account_id: string } } = JSON.parse(readFileSync(this.home.authFile, 'utf8'));
    return file.tokens.account_id;
  }

  /** Ends a command that is still running, for good. Nothing is shown after that. */
  async abandon(): Promise<void> {
    this.#audience = { ...this.#audience, write: () => undefined };
    this.#running?.signal('SIGKILL');
    await this.#running?.ended;
  }

  /** Every command warns that it asks the stand-in: only the first warning is shown. */
  #withoutRepeats(messages: string): string {
    return messages
      .split(/(?<=\n)/)
      .filter((line) => {
        const isOverride = /warning: CODEX_AUTH_\w+ is set:/.test(line);
        const isRepeat = isOverride && this.#warnings.has(line);
        if (isOverride) this.#warnings.add(line);
        return !isRepeat;
      })
      .join('');
  }

  async #run(
    argv: readonly string[],
    { exitCode = 0, shows = [] }: Expectation,
    onStderr?: (text: string) => void,
  ): Promise<ProgramResult> {
    this.typed += 1;
    const line = ['codex-auth', ...argv.map(quoted)].join(' ');
    this.say(`\n$ ${line}`);
    this.#running = new ProgramProcess(this.home, argv, {
      variables: this.#variables,
      ...(onStderr === undefined ? {} : { onStderr }),
    });
    const result = await this.#running.ended;
    this.#running = undefined;
    this.#audience.write(this.#withoutRepeats(result.stderr) + result.stdout);
    if (exitCode !== 'any' && result.exitCode !== exitCode) {
      throw new StoryBroken(`${line} ended with ${result.exitCode ?? result.signal} instead of ${exitCode}`);
    }
    const plain = stripVTControlCharacters(result.stderr + result.stdout);
    const missing = shows.find((wanted) =>
      typeof wanted === 'string' ? !plain.includes(wanted) : !wanted.test(plain),
    );
    if (missing !== undefined) throw new StoryBroken(`${line} did not show ${missing}`);
    return result;
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
}
