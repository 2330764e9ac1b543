import * as z from 'zod/mini';
import { isInTheDark, isWithoutPlace } from '../../core/session/failure.js';
import { readUsage, type UsageWishes } from '../../core/session/usage.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { renderCsv } from '../render/csv.js';
import { renderUsage } from '../render/usage.js';
import { placeLine, ScopeView, scopeView } from '../scope-view.js';
import { AccountUsage, usageView } from '../usage-view.js';

const UsageResult = z.object({ scope: ScopeView, accounts: z.array(AccountUsage) });
type UsageResult = z.infer<typeof UsageResult>;

export type UsageOptions = UsageWishes;

async function usage(context: Context, options: UsageOptions): Promise<UsageResult> {
  const { roster, asked, probed } = await readUsage(context, options);
  return { scope: scopeView(roster), accounts: asked.map((each) => usageView(context, probed, each)) };
}

// Exactly the columns that tools of this kind share.
const csvColumns = [
  'file',
  'account_id',
  'email',
  'plan_type',
  '5h_used_pct',
  '5h_reset_at',
  'weekly_used_pct',
  'weekly_reset_at',
  'upstream_status',
  'error',
] as const;

function usageCsv({ accounts }: UsageResult): string {
  const rows = accounts.map((account) => {
    const windows = account.quota?.windows ?? [];
    const short = windows.find(({ id }) => id === '5h');
    const weekly = windows.find(({ id }) => id === '7d');
    return [
      account.file,
      account.accountId,
      account.email,
      account.plan,
      short?.usedPercent,
      short?.resetsAt,
      weekly?.usedPercent,
      weekly?.resetsAt,
      account.failure?.code ?? (account.quota?.source === 'live' ? 'ok' : 'cached'),
      account.failure?.message,
    ];
  });
  return renderCsv(csvColumns, rows);
}

export const usageCommand: Command<UsageOptions, UsageResult> = {
  name: 'usage',
  exchanges: ({ cached }) => cached !== true,
  schema: UsageResult,
  run: usage,
  render: ({ scope, accounts }, theme) => placeLine(scope, theme) + renderUsage(accounts, theme),
  renderCsv: usageCsv,
  exitCode({ accounts }) {
    if (isInTheDark(accounts)) return 5;
    if (isWithoutPlace(accounts.map(({ failure }) => failure))) return 6;
    return accounts.some(({ failure }) => failure !== undefined) ? 1 : 0;
  },
};
