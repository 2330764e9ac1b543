import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { readShare, type ShareState } from '../../core/sharing/share-file.js';
import { notJoined } from '../../core/sharing/share-problem.js';
import { takeLogins } from '../../core/sharing/take-logins.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { formatDistance } from '../render/time.js';
import { accountNames, idsOf } from '../sharing/named-accounts.js';
import { callShare } from '../sharing/share-call.js';
import { askConsent } from '../terminal/ask-consent.js';
import { AccountRef } from '../views/account-ref.js';

const ShareTakeResult = z.object({
  logins: z.array(
    z.object({
      account: z.exactOptional(AccountRef),
      /** `here`: kept here; `asked`: its keeper will hand it over; `forced`: taken over without its keeper. */
      outcome: z.enum(['here', 'asked', 'forced']),
      /** Who keeps it, or kept it. */
      keeper: z.exactOptional(z.string()),
      keeperSeenAt: z.exactOptional(z.iso.datetime()),
      /** Its old keeper was refreshing it at that moment, so that the token here may be spent already. */
      atRisk: z.boolean(),
    }),
  ),
});
type ShareTakeResult = z.infer<typeof ShareTakeResult>;

export interface ShareTakeOptions {
  readonly selectors: readonly string[];
  /** Do not wait for the keeper. */
  readonly force?: boolean;
  /** How long to wait for the keeper, seconds. */
  readonly wait?: number;
  readonly yes?: boolean;
}

async function take(context: Context, options: ShareTakeOptions): Promise<ShareTakeResult> {
  const { selectors, force = false, wait = 0 } = options;
  const state = readShare(context.root);
  if (state === undefined) throw notJoined();
  const ids = idsOf(context, selectors);
  if (force && options.yes !== true) await askToForce(context, state, ids);
  const doing = force ? 'Taking over' : 'Asking the keeper';
  const { logins } = await callShare(context, doing, (deps, deadlineMs) =>
    takeLogins(deps, ids, { force, waitMs: wait * 1000, deadlineMs }),
  );
  const names = accountNames(context);
  return {
    logins: logins.map(({ accountId, outcome, keeperName, keeperSeenAt, atRisk }) => ({
      ...definedOnly({ account: names(accountId), keeper: keeperName }),
      ...(keeperSeenAt === undefined ? {} : { keeperSeenAt: toIso(keeperSeenAt) }),
      outcome,
      atRisk: atRisk !== undefined,
    })),
  };
}

async function askToForce(context: Context, { rows, machines }: ShareState, ids: readonly string[]): Promise<void> {
  const now = context.clock.now();
  const keepers = rows.flatMap(({ accountId, role, keeper }) => {
    if (accountId === undefined || !ids.includes(accountId) || role !== 'copy' || keeper === null) return [];
    return [keeper];
  });
  const named = [...new Set(keepers)].map((id) => {
    const known = machines[id];
    return known === undefined ? id : `${known.name} (seen ${formatDistance(known.seenAt, now)})`;
  });
  const who = named.length === 0 ? 'its keeper' : named.join(' and ');
  const risk = [
    `${who} has not handed it over. What it refreshed and could not push yet is then lost to this machine: the newest token in`,
    'the pool may be spent, and you would have to sign in again. It is safe if that machine is off, broken or gone.',
  ];
  if (context.io.isInteractive) context.io.note(...risk);
  await askConsent(context, {
    question: 'Take over without it?',
    otherwise: 'nothing was taken',
    would: `${who} would lose the login without having handed it over`,
    hint: 'add --yes, or leave out --force to ask the keeper first',
  });
}

function lineOf(login: ShareTakeResult['logins'][number], { color, symbols, now }: Theme): string {
  const { account, outcome, keeper = 'its keeper', keeperSeenAt, atRisk } = login;
  const name = account === undefined ? 'the login' : titleOf(account);
  const seen = keeperSeenAt === undefined ? '' : ` (seen ${formatDistance(Date.parse(keeperSeenAt), now)})`;
  switch (outcome) {
    case 'here':
      return `${color.green(symbols.ok)} ${name} is kept here now\n`;
    case 'asked':
      return `${color.yellow(symbols.warning)} ${name}: ${keeper}${seen} has been asked and hands it over when it exchanges next\n    ${symbols.arrow} codex-auth sync  (there, or here after that; add --force if that machine is gone)\n`;
    case 'forced': {
      const risk = atRisk ? `, which was refreshing it: if it is refused, sign in again` : '';
      return `${color.green(symbols.ok)} ${name} is kept here now, taken over from ${keeper}${seen}${risk}\n`;
    }
  }
}

export const shareTakeCommand: Command<ShareTakeOptions, ShareTakeResult> = {
  name: 'share-take',
  schema: ShareTakeResult,
  run: take,
  render: ({ logins }, theme) => logins.map((login) => lineOf(login, theme)).join(''),
  exitCode: ({ logins }) => (logins.some(({ outcome }) => outcome === 'asked') ? 1 : 0),
};
