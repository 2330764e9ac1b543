import { statSync } from 'node:fs';
import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { Attempts } from '../../core/guarding/attempts.js';
import { type Moment, timeUntilFirst, wakeAt } from '../../core/guarding/due.js';
import { type Everything, everythingIn, filesOf, filesOfNobody } from '../../core/guarding/everything.js';
import { FileChanges } from '../../core/guarding/file-changes.js';
import type { ProgramChange } from '../../core/guarding/program-change.js';
import { isAnswered } from '../../core/lineage/journal-overlay.js';
import { withStore } from '../../core/logins/with-store.js';
import { withJitter } from '../../core/pace.js';
import { readRoster } from '../../core/roster/roster.js';
import { KeptExchange } from '../../core/session/keep-exchanging.js';
import { configOption } from '../../core/session/open-session.js';
import { takeInAny } from '../../core/session/take-in.js';
import { resolveSettings, type Settings, settingsOf } from '../../core/settings.js';
import { readSettings } from '../../core/storage/settings-file.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { Observer } from './observer.js';
import { dueRules, isUnreachable, type Outcome, refreshDue } from './refresh-due.js';
import { createTeller, type Teller } from './tell.js';

export const GuardRounds = z.object({
  /** How often it has looked: at once, whenever something was due, and when files had changed. */
  rounds: z.number(),
  /** Access tokens that were about to expire and have been replaced. */
  refreshed: z.number(),
  /** Newer tokens that another program had got, which were taken over. */
  adopted: z.number(),
  /** Left to the official client, which was running. */
  leftToClient: z.number(),
  failed: z.number(),
  /** How many of those failed because of the network or the provider. */
  unreachable: z.number(),
  /** The guard was told to end, which is how it ends. */
  stopped: z.exactOptional(z.literal(true)),
  /** The guard ran as a service and its program was updated: the service manager starts it again. */
  updated: z.exactOptional(z.literal(true)),
});
export type GuardRounds = z.infer<typeof GuardRounds>;

export interface Guarding {
  /** One round, and no waiting. */
  readonly once: boolean;
  /** Every line that is told, with its time. */
  readonly keepLine?: (line: string) => void;
  /** The guard ends when its program has been replaced, for the service manager to start it again. */
  readonly program?: ProgramChange;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Guards until it is told to end. The caller holds the lock of the guard. */
export async function keepGuarding(context: Context, guarding: Guarding): Promise<GuardRounds> {
  const result: Mutable<GuardRounds> = {
    ...{ rounds: 0, refreshed: 0, adopted: 0, leftToClient: 0, failed: 0, unreachable: 0 },
  };
  const watch = new Watch(context, guarding, result);
  try {
    for (;;) {
      if (watch.isProgramUpdated()) return { ...result, updated: true };
      const moments = guarding.once ? await watch.round() : await watch.survive();
      result.rounds += 1;
      if (guarding.once) {
        await watch.settle();
        return result;
      }
      await watch.sleep(moments);
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
    // Whatever the signal broke off, each account's refresh is complete or was never begun.
    await watch.settle();
    return { ...result, stopped: true };
  } finally {
    await watch.close();
  }
}

/** What a guard remembers from one round to the next. */
class Watch {
  readonly #context: Context;
  readonly #guarding: Guarding;
  readonly #result: Mutable<GuardRounds>;
  readonly #refreshes: Attempts;
  readonly #rounds: Attempts;
  readonly #changes = new FileChanges();
  readonly #tell: Teller;
  readonly #root: string | undefined;
  readonly #exchange: KeptExchange;
  #observer: Observer | undefined;
  #settings: Settings;

  constructor(context: Context, guarding: Guarding, result: Mutable<GuardRounds>) {
    this.#context = context;
    this.#guarding = guarding;
    this.#result = result;
    this.#refreshes = new Attempts(context.clock);
    this.#rounds = new Attempts(context.clock);
    this.#tell = createTeller(context, guarding.keepLine);
    this.#root = rootMark(context.root.paths.root);
    this.#settings = context.settings();
    this.#exchange = new KeptExchange(context);
  }

  /** Refreshes what is due, and looks what has happened. Returns when there is something to do again. */
  async round(): Promise<Moment[]> {
    const { root } = this.#context;
    this.#assertSameRoot();
    if (!this.#guarding.once) this.#exchange.begin();
    this.#settings = currentSettings(this.#context);
    let everything = await this.#everything();
    const settings = this.#settings;
    const count = (outcome: Outcome) => this.#count(outcome);
    const round = { settings, attempts: this.#refreshes, tell: this.#tell, isLast: this.#guarding.once, count };
    if (await refreshDue(this.#context, everything.guarded, round)) everything = this.#read();
    this.#observer ??= new Observer(this.#context, new Attempts(this.#context.clock), this.#tell);
    const seen = await this.#observer.look(everything, settings);
    const { files, directories } = filesOf(root, everything);
    this.#changes.follow([...files, ...(this.#guarding.program?.paths ?? [])], directories);
    return [...seen, ...everything.guarded.flatMap((each) => this.#wakeAt(each) ?? [])];
  }

  /** One round that goes on after most errors: a file that cannot be read now may be whole again in a minute. */
  async survive(): Promise<Moment[]> {
    const { signal, clock, root, home } = this.#context;
    const intervalMs = this.#settings.proactiveRefreshIntervalMs;
    try {
      const moments = await this.round();
      this.#rounds.wentWell(allRounds, 0);
      return moments;
    } catch (error) {
      if (!(error instanceof AppError) || signal.aborted || isFinal(error)) throw error;
      this.#result.failed += 1;
      this.#warn(error.message);
      this.#rounds.failed(allRounds, intervalMs);
      this.#changes.follow(filesOfNobody(root, home), [root.paths.projects]);
      return [{ at: clock.now(), notBefore: this.#rounds.restUntil(allRounds) }];
    }
  }

  /** Whether the program has been replaced. One that is gone may be in the middle of an update. */
  isProgramUpdated(): boolean {
    const { program } = this.#guarding;
    if (program?.state === 'gone') {
      this.#tell(
        'the program',
        `${program.paths[0]} is gone: install codex-auth again, then codex-auth guard --install`,
      );
    }
    if (program?.state !== 'updated') return false;
    this.#tell('the program', 'codex-auth has been updated: the guard starts anew');
    return true;
  }

  async sleep(moments: readonly Moment[]): Promise<void> {
    await sleepUntil(this.#context, this.#changes, moments, this.#settings.proactiveRefreshIntervalMs);
  }

  async settle(): Promise<void> {
    await this.#observer?.settle();
  }

  async close(): Promise<void> {
    await this.#exchange.stop();
    this.#changes.close();
  }

  async #everything(): Promise<Everything> {
    const found = this.#read();
    const { beside, accounts } = found.roster;
    const isUnfinished = beside.journal.some(isAnswered);
    const isUnstored = accounts.some((account) => account.isUnstored === true);
    const { root, signal } = this.#context;
    // A home may still hold the token that a killed process has spent: opening the store finishes that.
    if (isUnfinished) await withStore(root, { signal }, () => undefined);
    if (isUnstored) await takeInAny(this.#context, found.roster);
    return isUnfinished || isUnstored ? this.#read() : found;
  }

  #read(): Everything {
    const { root, home, readingScope } = this.#context;
    const roster = readRoster(root, home, readingScope());
    for (const warning of roster.warnings) this.#warn(warning);
    return everythingIn(root, home, roster);
  }

  #warn(message: string): void {
    if (this.#context.options.json === true) this.#context.warn(message);
    else this.#tell(message, message);
  }

  #wakeAt(guarded: Everything['guarded'][number]): Moment | undefined {
    const moment = wakeAt(guarded, dueRules(this.#settings));
    return moment && { ...moment, notBefore: this.#refreshes.restUntil(guarded.account.id) };
  }

  #count(outcome: Outcome): void {
    const result = this.#result;
    if (outcome.kind === 'left-to-client') result.leftToClient += 1;
    else if (outcome.kind !== 'usable') {
      result.failed += 1;
      if (isUnreachable(outcome)) result.unreachable += 1;
    } else if (outcome.how === 'refreshed') result.refreshed += 1;
    else if (outcome.how === 'adopted') result.adopted += 1;
  }

  /**
   * Throws where the root has been moved or removed: under its old name there would be a new and empty root, and nobody
   * would guard the accounts.
   */
  #assertSameRoot(): void {
    const path = this.#context.root.paths.root;
    if (this.#root === undefined || rootMark(path) === this.#root) return;
    throw new AppError('storage-conflict', `${path} has been moved or removed while it was guarded`, {
      hint: 'start the guard where it is now; a service: codex-auth guard --install',
      details: { path, isFinal: true },
    });
  }
}

const allRounds = 'a round';

/** Whether this error ends the guard, because going on would not help. */
function isFinal({ details }: AppError): boolean {
  return details?.['isFinal'] === true;
}

/** The settings as they are now: a guard that runs for weeks must not keep those of its first day. */
function currentSettings({ options, root, environment }: Context): Settings {
  const { values } = readSettings(options.config, root.paths.settings);
  return settingsOf(resolveSettings(values, environment.raw, configOption(options)));
}

/** Which directory a path leads to. Undefined where there is none. */
function rootMark(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true ? `${stats.dev}:${stats.ino}` : undefined;
}

export function renderRounds(result: GuardRounds, { color, symbols }: Theme): string {
  const { rounds, refreshed, adopted, leftToClient, failed, stopped } = result;
  const mark = failed > 0 ? color.red(symbols.error) : color.green(symbols.ok);
  const parts = [
    `${refreshed} refreshed`,
    `${adopted} taken over`,
    `${leftToClient} left to the client`,
    `${failed} failed`,
  ];
  const counts = `${rounds} round${rounds === 1 ? '' : 's'}: ${parts.join(', ')}`;
  return `${mark} ${stopped === true ? 'stopped after ' : ''}${counts}\n`;
}

/** The time that a program takes to write several files one after the other. */
const settleMs = 200;

/**
 * Sleeps until one of the moments has come, or a file has become another one. Meanwhile the clock is looked at once in an
 * interval, and nothing else: timers stand still while the machine is suspended. Throws the signal's reason.
 */
async function sleepUntil(
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
  changes: FileChanges,
  moments: readonly Moment[],
  intervalMs: number,
): Promise<void> {
  for (;;) {
    const left = timeUntilFirst(moments, clock);
    if (left <= 0) return;
    await nap({ clock, signal }, changes, Math.min(left, withJitter(intervalMs)));
    if (changes.isTold) await clock.sleep(settleMs, signal);
    if ((changes.isTold || changes.mustLook) && changes.haveChanged()) return;
  }
}

/** Sleeps until the time is over, or the system tells that a file has changed. */
async function nap({ clock, signal }: Pick<Context, 'clock' | 'signal'>, changes: FileChanges, ms: number) {
  signal.throwIfAborted();
  if (changes.isTold) return;
  const waking = new AbortController();
  const wake = () => waking.abort();
  // Not `AbortSignal.any`, which would leave something behind with each nap.
  signal.addEventListener('abort', wake, { once: true });
  changes.onTold(wake);
  try {
    await clock.sleep(ms, waking.signal);
  } catch (error) {
    if (!waking.signal.aborted) throw error;
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', wake);
    changes.onTold(undefined);
  }
}
