import * as z from 'zod/mini';
import { isInTheDark, isWithoutPlace } from '../../core/session/failure.js';
import { readUsage, type UsageWishes } from '../../core/session/usage.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { type CsvColumns, renderCsv } from '../render/csv.js';
import { renderUsage } from '../render/usage.js';
import { placeLine, ScopeView, scopeView } from '../views/scope-view.js';
import { AccountUsage, usageView } from '../views/usage-view.js';

const UsageResult = z.object({ scope: ScopeView, accounts: z.array(AccountUsage) });
type UsageResult = z.infer<typeof UsageResult>;

export type UsageOptions = UsageWishes;

async function usage(context: Context, options: UsageOptions): Promise<UsageResult> {
  const { roster, asked, probed } = await readUsage(context, options);
  return { scope: scopeView(roster), accounts: asked.map((each) => usageView(context, probed, each)) };
}

// Exactly the columns that tools of this kind share.
const csvColumns: CsvColumns<UsageResult['accounts'][number]> = {
  file: (each) => each.file,
  account_id: (each) => each.accountId,
  email: (each) => each.email,
  plan_type: (each) => each.plan,
  '5h_used_pct': (each) => windowOf(each, '5h')?.usedPercent,
  '5h_reset_at': (each) => windowOf(each, '5h')?.resetsAt,
  weekly_used_pct: (each) => windowOf(each, '7d')?.usedPercent,
  weekly_reset_at: (each) => windowOf(each, '7d')?.resetsAt,
  upstream_status: (each) => each.failure?.code ?? (each.quota?.source === 'live' ? 'ok' : 'cached'),
  error: (each) => each.failure?.message,
};

function windowOf({ quota }: UsageResult['accounts'][number], wanted: string) {
  return quota?.windows.find(({ id }) => id === wanted);
}

export const usageCommand: Command<UsageOptions, UsageResult> = {
  name: 'usage',
  exchanges: ({ cached }) => cached !== true,
  schema: UsageResult,
  run: usage,
  render: ({ scope, accounts }, theme) => placeLine(scope, theme) + renderUsage(accounts, theme),
  renderCsv: ({ accounts }) => renderCsv(csvColumns, accounts),
  exitCode({ accounts }) {
    if (isInTheDark(accounts)) return 5;
    if (isWithoutPlace(accounts.map(({ failure }) => failure))) return 6;
    return accounts.some(({ failure }) => failure !== undefined) ? 1 : 0;
  },
};
