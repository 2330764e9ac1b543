import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { driveLogin, type SignInChoice } from '../drive-login.js';
import type { TokenSet } from '../provider/grants.js';
import type { Provider } from '../provider/start.js';
import { makeTestHome, type TestHome } from '../test-home.js';

/** Runs a command to its end: in a process of its own, or in the test's, which is ten times faster. */
export type RunCommand = (
  home: TestHome,
  argv: readonly string[],
  options: { readonly onStderr?: (text: string) => void },
) => Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;

interface StoredAccount {
  readonly email: string;
  readonly refreshToken: string;
}

/** A home in which a command is killed, and what must hold there afterwards. */
export class CrashHome {
  readonly home: TestHome;
  readonly #provider: Provider;
  readonly #run: RunCommand;

  constructor(directory: string, provider: Provider, run: RunCommand) {
    this.home = makeTestHome(directory, provider);
    this.#provider = provider;
    this.#run = run;
  }

  copyTo(directory: string): CrashHome {
    cpSync(this.home.directory, directory, { recursive: true });
    return new CrashHome(directory, this.#provider, this.#run);
  }

  /** Runs a command that must succeed; returns its stdout. */
  async succeed(argv: readonly string[], options: { onStderr?: (text: string) => void } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(this.home, argv, options);
    assert.equal(exitCode, 0, `${argv.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
    return stdout;
  }

  async logIn(who: SignInChoice, argv: readonly string[] = []): Promise<void> {
    const driver = driveLogin(this.#provider, who);
    await this.succeed(['login', ...argv], driver);
    await driver.finished();
  }

  /** The login in `auth.json`. */
  login(): TokenSet {
    const { id_token, access_token, refresh_token } = this.#authFile().tokens;
    return { id_token, access_token, refresh_token };
  }

  emails(): string[] {
    return this.#accounts().map(({ email }) => email);
  }

  storedToken(email: string): string | undefined {
    return this.#accounts().find((account) => account.email === email)?.refreshToken;
  }

  poolHolds(refreshToken: string | undefined): boolean {
    return this.#accounts().some((account) => account.refreshToken === refreshToken);
  }

  /** Whether a journal entry holds the whole answer: its line ends only after the last byte. */
  journalHolds(refreshToken: string | undefined): boolean {
    const isWhole = (entry: string) => entry.includes(`"${refreshToken}"`) && /"receivedAt":\d+[^}]*\}\n/.test(entry);
    return this.#journal().some(isWhole);
  }

  /** Leaves what the official client leaves after a refresh of the login in use: newer tokens, the rest as it was. */
  async refreshLikeTheClient(email: string): Promise<TokenSet> {
    const content = this.#authFile();
    const newer = await this.#provider.issueTokens({ email, issuedAt: Date.now() + 2_000 });
    Object.assign(content.tokens, newer);
    content.last_refresh = new Date().toISOString();
    writeFileSync(this.home.authFile, JSON.stringify(content, null, 2));
    return newer;
  }

  /** Checks that `list` still shows everything, and that it sweeps what the dead process left. */
  async verifyReading(emails: readonly string[]): Promise<void> {
    this.#verifyFilesParse();
    const { data } = JSON.parse(await this.succeed(['list', '--json']));
    const listed: string[] = data.accounts.map(({ email }: { email: string }) => email);
    for (const email of emails) assert.ok(listed.includes(email), `list does not show ${email}`);
    const left = this.#files().filter((path) => path.endsWith('.tmp'));
    assert.deepEqual(left, [], 'a temp file survived the next start');
  }

  /** Checks that the lock of a dead owner does not keep the next command from writing. */
  async verifyWriting(): Promise<void> {
    const startedAt = performance.now();
    await this.succeed(['label', '1', `at ${Math.round(startedAt)}`]);
    assert.ok(performance.now() - startedAt < 5_000, 'the next writer had to wait for a dead one');
    this.#verifyFilesParse();
  }

  verifyTidy(): void {
    const entries = readdirSync(this.home.codexHome, { recursive: true, encoding: 'utf8' });
    const left = entries.filter((path) => path.endsWith('.tmp') || path.endsWith('.held'));
    assert.deepEqual(left, [], 'a lock or a temp file is left behind');
    const unfinished = this.#journal().filter((entry) => entry !== '');
    assert.deepEqual(unfinished, [], 'a journal entry was not finished');
  }

  #verifyFilesParse(): void {
    const isJson = (path: string) =>
      /\.json(\.bak.*)?$/.test(path) && !/\.tmp|refresh-journal|kept\/torn-answer/.test(path);
    for (const path of this.#files().filter(isJson)) {
      assert.doesNotThrow(() => JSON.parse(readFileSync(path, 'utf8')), `${path} does not parse`);
    }
  }

  #authFile() {
    return JSON.parse(readFileSync(this.home.authFile, 'utf8'));
  }

  #accounts(): StoredAccount[] {
    return JSON.parse(readFileSync(this.home.poolFile, 'utf8')).accounts;
  }

  #journal(): string[] {
    return filesBelow(join(this.home.root, 'refresh-journal')).map((path) => readFileSync(path, 'utf8'));
  }

  #files(): string[] {
    return filesBelow(this.home.codexHome);
  }
}

function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
