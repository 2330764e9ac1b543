import { rmSync } from 'node:fs';
import { systemClock } from '../../../src/core/clock.js';
import { runCli } from '../cli.js';
import { refreshAsClient } from '../client-refresh.js';
import { driveLogin } from '../drive-login.js';
import { ProgramProcess } from '../program-process.js';
import type { RefreshHome } from '../refresh-home.js';
import type { Random } from './random.js';
import { isOf, type Person, people, type World } from './world.js';

/** What one command of a schedule did, for a person who reads about a failure. */
export interface Done {
  readonly told: string;
  readonly wasKilled: boolean;
  /** The person whose newest tokens may be nowhere after it, or dead, in a way that nobody can prevent. */
  readonly lost?: Person | undefined;
}

/** Longer than any answer takes that is not held back on purpose. */
export const deadlineMs = 4_000;

/** The words of a command that is picked at random. */
export function pickCommand(random: Random, { tokenFile, homes }: World): readonly string[] {
  const { email } = random.pick<Person>([people[0], ...people]);
  const to = random.pick(['global', homes[0].home.cwd]);
  return random.pick<readonly string[]>([
    ['check'],
    ['check'],
    ['guard', '--once'],
    ['switch', email],
    ['switch', email],
    ['switch', email],
    ['verify-flagged'],
    ['renew', email, '--force'],
    ['renew', '--force'],
    ['login', '--expect', email],
    ['login', '--expect', email, '--activate'],
    ['flag', email],
    ['remove', email, '--yes'],
    ['move', email, '--to', to],
    ['import', tokenFile, '--yes'],
    ['undo'],
    ['run', email, '--', 'true'],
    ['switch', email, '--take'],
    ['fix'],
    ['doctor', '--fix', '--offline'],
  ]);
}

/** Runs a command in this process, sometimes interrupted as by Ctrl-C. */
export async function runHere(world: World, random: Random, at: RefreshHome, words: readonly string[]): Promise<Done> {
  const ending = new AbortController();
  const interruptedAfterMs = random.chance(0.15) ? random.below(200) : undefined;
  const variables = retryVariables(random);
  if (interruptedAfterMs !== undefined) setTimeout(() => ending.abort(), interruptedAfterMs);
  const launch = () => Promise.resolve(0);
  const options = { signal: ending.signal, spendingDeadlineMs: deadlineMs, variables, launch };
  const result = await runCli(at.home, words, { ...options, ...driverFor(world, words) });
  const interrupted = interruptedAfterMs === undefined ? '' : `, interrupted after ${interruptedAfterMs} ms`;
  return {
    told: `${tell(at, words)}${interrupted}: ${result.exitCode} ${result.stdout}${result.stderr}`,
    wasKilled: false,
  };
}

/** Runs a command as a process of its own, which is killed, or stopped for a while, or left alone. */
export async function runApart(world: World, random: Random, at: RefreshHome, words: readonly string[]): Promise<Done> {
  const fate = random.pick(['SIGKILL', 'SIGKILL', 'SIGSTOP', undefined] as const);
  // Nothing happens before the program has started.
  const afterMs = 150 + random.below(600);
  const options = { variables: retryVariables(random), ...driverFor(world, words) };
  const program = new ProgramProcess(at.home, words, options);
  const timer = setTimeout(() => {
    if (fate !== undefined) program.signal(fate);
    if (fate === 'SIGSTOP') setTimeout(() => program.signal('SIGCONT'), 600);
  }, afterMs);
  const { exitCode, signal, stdout, stderr } = await program.ended;
  clearTimeout(timer);
  const told = `${tell(at, words)} (${fate ?? 'undisturbed'} after ${afterMs} ms): ${exitCode ?? signal} ${stdout}${stderr}`;
  return { told, wasKilled: signal !== null };
}

/** What the official client, a person or the provider does to the logins that are there. */
export async function actWithoutUs(world: World, random: Random, isApart: boolean): Promise<Done> {
  // The client's newest tokens are told from ours by time, in whole seconds. Only a process of its own has the real
  // one.
  if (isApart) await systemClock.sleep(1_000);
  else world.provider.scenario.clockOffsetSeconds += 1;
  const at = random.pick(world.clientHomes());
  const deeds = [refresh, refresh, refresh, refresh, signIn, signIn, signOut, revoke, goAway] as const;
  const { told, lost } = await random.pick(deeds)(world, at, random);
  return { told: `${nameOf(at)}: ${told}`, wasKilled: false, lost };
}

type Told = Pick<Done, 'told' | 'lost'>;

/** The client refreshes. That may be refused, as after an answer that was lost. */
async function refresh(_: World, at: RefreshHome): Promise<Told> {
  const answer = await refreshAsClient(at).then(
    () => 'refreshed',
    (error: unknown) => String(error),
  );
  return { told: `the client: ${answer}` };
}

/** The client signs in. Through a link, it replaces what the link leads to. */
async function signIn(world: World, at: RefreshHome, random: Random): Promise<Told> {
  const [lost, person] = [world.personIn(at.home), random.pick<Person>([...people])];
  const names = { login_owner_id: `login-${random.next()}` };
  at.writeAuthFile(await world.provider.issueTokens(person), {}, names);
  return { told: `the client signs in as ${person.email}`, lost };
}

async function signOut(world: World, { home }: RefreshHome): Promise<Told> {
  const lost = world.personIn(home);
  rmSync(home.authFile, { force: true });
  return { told: 'the client signs out', lost };
}

/**
 * The provider ends the client's login, but only where every copy is of that login: where the client alone has a newer
 * one, no other copy shows that it has ended.
 */
async function revoke(world: World, { home }: RefreshHome): Promise<Told> {
  const lost = world.personIn(home);
  const tokens = new Set(lost && [...world.held(), ...world.records()].filter(isOf(lost)).map(({ token }) => token));
  const [token] = tokens;
  if (token === undefined || tokens.size > 1) return { told: 'nothing' };
  await world.provider.revokeToken(token);
  return { told: 'the provider ends its login', lost };
}

async function goAway(world: World, at: RefreshHome): Promise<Told> {
  return { told: world.moveAway(at) ? 'goes away' : 'stays' };
}

function driverFor({ provider }: World, words: readonly string[]) {
  const [command, , email] = words;
  if (command !== 'login' || email === undefined) return {};
  return { onStderr: driveLogin(provider, { email }).onStderr };
}

/** A request without an answer is usually left alone, and sometimes tried again at once. */
function retryVariables(random: Random): Record<string, string> {
  return random.chance(0.2) ? { CODEX_AUTH_UNANSWERED_RETRY_MS: '0' } : {};
}

function tell(at: RefreshHome, words: readonly string[]): string {
  return `${nameOf(at)}: ${words.join(' ')}`;
}

function nameOf({ home }: RefreshHome): string {
  return home.codexHome.split('/').at(-1) ?? '';
}
