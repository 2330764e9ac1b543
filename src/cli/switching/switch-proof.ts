import * as z from 'zod/mini';
import type { ClientKind } from '../../core/codex/clients.js';
import { loginName } from '../../core/codex/official-login.js';
import { definedOnly } from '../../core/defined-only.js';
import type { Activated } from '../../core/logins/activate.js';
import { inspectSurfaces, type Surface, type SurfaceReport } from '../../core/logins/surfaces.js';
import type { Context } from '../program/context.js';

export const SurfaceView = z.object({
  /** The background server, an interactive session, a task, and servers that an editor or another program runs. */
  kind: z.enum(['daemon', 'session', 'exec', 'editor', 'app-server']),
  pid: z.exactOptional(z.number()),
  /** Which account it has in memory: the one switched to, another one, or nobody can tell. */
  account: z.enum(['new', 'old', 'unknown']),
  /** What makes it use the new account; absent where it does. */
  cure: z.exactOptional(z.string()),
});

export const DaemonRestart = z.object({
  /** `not-needed`: no server runs, or it has the new account already. `refused`: a turn is under way. */
  outcome: z.enum(['done', 'not-needed', 'refused', 'failed']),
  reason: z.exactOptional(z.string()),
});
export type DaemonRestart = z.infer<typeof DaemonRestart>;

export interface SwitchProof {
  readonly surfaces: readonly Surface[];
  /** Absent where nobody asked for it. */
  readonly daemonRestart?: DaemonRestart;
}

/**
 * What the person should know after a switch, and the proof of the switch: who of the running official clients uses the
 * new account. Restarts the background server where that was asked for, or is agreed to at the terminal, and no turn
 * runs.
 */
export async function proveActivation(
  context: Context,
  activated: Activated,
  choices: { readonly restartDaemon?: boolean } = {},
): Promise<SwitchProof> {
  const { keptFile, risk } = activated;
  if (keptFile !== undefined) context.warn(`what ${loginName(context.home)} held is kept in ${keptFile}`);
  warnAboutKeyring(context);
  if (risk !== undefined) context.warn(risk);
  const { root, home, machine, signal } = context;
  const inspect = () => inspectSurfaces(root, home, activated, { version: machine.version, signal });
  const before = await inspect();
  const daemon = before.surfaces.find(({ kind }) => kind === 'daemon');
  const isAsked = choices.restartDaemon === true;
  const needsRestart = daemon !== undefined && daemon.account !== 'new';
  const wantsRestart = needsRestart && (isAsked || (await agreesToRestart(context, before, daemon)));
  if (!wantsRestart) {
    warnAboutSurfaces(context, before.surfaces);
    return { surfaces: before.surfaces, ...(isAsked ? { daemonRestart: { outcome: 'not-needed' } } : {}) };
  }
  const daemonRestart = await restartIfIdle(context, before);
  const { surfaces } = daemonRestart.outcome === 'done' ? await inspect() : before;
  if (daemonRestart.reason !== undefined)
    context.warn(`the background server was not restarted: ${daemonRestart.reason}`);
  warnAboutSurfaces(context, surfaces);
  return { surfaces, daemonRestart };
}

/** The client, too, falls back to the file, but only where it cannot use the keyring itself. */
function warnAboutKeyring({ home, warn }: Context): void {
  const obstacle = home.otherStore?.obstacle?.();
  if (obstacle === undefined) return;
  const { message, hint = '' } = obstacle;
  warn(
    `${message}; auth.json is used instead. Where the client can use the keyring, an entry in it counts instead; ${hint}`,
  );
}

/** Asked only where the answer is known to matter and to interrupt nobody. */
async function agreesToRestart(
  context: Context,
  { busyThreads }: SurfaceReport,
  { account }: Surface,
): Promise<boolean> {
  if (!context.io.isInteractive || account !== 'old' || busyThreads !== 0) return false;
  const prompter = await context.prompter();
  return prompter.confirm('Restart the idle background server, which keeps the old account?', true);
}

async function restartIfIdle(context: Context, { busyThreads }: SurfaceReport): Promise<DaemonRestart> {
  if (busyThreads === undefined) return { outcome: 'refused', reason: 'it does not tell whether a turn is under way' };
  if (busyThreads > 0) {
    const turns = busyThreads === 1 ? 'a turn is' : `${busyThreads} turns are`;
    return { outcome: 'refused', reason: `${turns} under way, which it would end` };
  }
  const { restartDaemon } = await import('../../core/codex/restart-daemon.js');
  const { home, environment, signal } = context;
  const reason = await restartDaemon(home, environment.raw, signal);
  return definedOnly({ outcome: reason === undefined ? ('done' as const) : ('failed' as const), reason });
}

const names: Readonly<Record<ClientKind, readonly [one: string, several: string]>> = {
  daemon: ["the official client's background server", "the official client's background servers"],
  session: ['an interactive session', 'interactive sessions'],
  exec: ['a running codex exec', 'running codex exec'],
  editor: ["an editor's Codex server", "editors' Codex servers"],
  'app-server': ["another program's Codex server", "other programs' Codex servers"],
};

/** One line for all of a kind that are in the same position. */
function warnAboutSurfaces(context: Context, surfaces: readonly Surface[]): void {
  const stale = surfaces.filter(({ account }) => account !== 'new');
  for (const { kind, account, cure } of stale) {
    const alike = stale.filter((each) => each.kind === kind && each.account === account && each.cure === cure);
    const pids = alike.flatMap(({ pid }) => pid ?? []);
    const [one, several] = names[kind];
    const who = `${alike.length === 1 ? one : several}${pids.length === 0 ? '' : ` (pid ${pids.join(', ')})`}`;
    const isOne = alike.length === 1;
    const state =
      account === 'old'
        ? `${isOne ? 'keeps' : 'keep'} the old account`
        : `${isOne ? 'does' : 'do'} not tell which account ${isOne ? 'it uses' : 'they use'}`;
    context.warn(`${who} ${state}: ${cure ?? ''}`);
  }
}
