import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { isInTheDark } from '../../core/session/failure.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { createLook, rounds } from '../watching/rounds.js';
import { isFailing, renderRound, WatchRound } from '../watching/watch-view.js';

export interface WatchOptions {
  /** Seconds. */
  readonly interval: number;
  readonly once?: boolean;
}

/** On a terminal it draws by itself; elsewhere each round is a result. */
async function* follow(context: Context, { interval }: WatchOptions): AsyncGenerator<WatchRound, void> {
  const { io, environment, options } = context;
  const watch = (quiet: Context) => rounds(quiet, interval * 1_000);
  if (!io.style.canRewrite || environment.ci !== undefined || options.json === true) return yield* watch(context);
  const { drawRounds } = await import('../watching/screen.js');
  await drawRounds(context, watch);
}

export const watchCommand: Command<WatchOptions, WatchRound> = {
  name: 'watch',
  schema: WatchRound,
  async run(context, { interval }) {
    const seen = await createLook(context, interval * 1_000)();
    return { ...seen, round: 1, at: toIso(context.clock.now()) };
  },
  follow: (context, options) => (options.once === true ? undefined : follow(context, options)),
  render: renderRound,
  exitCode({ accounts }) {
    const asked = accounts.map((account) =>
      definedOnly({ quota: account.quota, failure: isFailing(account) ? account.lastError : undefined }),
    );
    if (isInTheDark(asked)) return 5;
    return accounts.some(isFailing) ? 1 : 0;
  },
};
