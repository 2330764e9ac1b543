import * as z from 'zod/mini';
import { factsOf, readElsewhere } from '../../core/accounts/roster.js';
import { decide } from '../../core/decision/decide.js';
import { definedOnly } from '../../core/defined-only.js';
import { AccountView, accountView, ScopeView, scopeView } from '../account-view.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { renderAccounts } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { openRoster } from '../selection.js';

const ListResult = z.object({
  scope: ScopeView,
  /** The account whose login the official client has now; absent when it is none of this scope. */
  activeId: z.exactOptional(z.string()),
  /** This scope's last choice, when it is another one. */
  chosenId: z.exactOptional(z.string()),
  accounts: z.array(AccountView),
  /** Accounts of other pools that this scope does not show. */
  elsewhere: z.number(),
});
type ListResult = z.infer<typeof ListResult>;

async function list(context: Context): Promise<ListResult> {
  const { root, clock } = context;
  const roster = openRoster(context, context.readingScope());
  const now = clock.now();
  const view = { now, mask: context.options.mask === true };
  const decisions = decide(factsOf(roster, now), { now }).accounts;
  const activeId = roster.active?.scopeKey === undefined ? roster.active?.account.id : undefined;
  const chosenId = roster.records.pool.activeId;
  return definedOnly({
    scope: scopeView(roster),
    activeId,
    chosenId: chosenId === activeId ? undefined : chosenId,
    accounts: roster.accounts.flatMap((account, position) => {
      const decision = decisions[position];
      return decision === undefined ? [] : [accountView(account, decision, roster, view)];
    }),
    elsewhere: readElsewhere(root, roster.records).length,
  });
}

function renderList(result: ListResult, theme: Theme): string {
  if (result.accounts.length === 0) return emptyText(result);
  const elsewhere =
    result.elsewhere === 0 ? '' : theme.color.dim(`also available: ${result.elsewhere} in other pools\n`);
  return renderAccounts(result.accounts, theme) + elsewhere;
}

function emptyText({ scope, elsewhere }: ListResult): string {
  const place = scope.kind === 'global' ? 'No accounts yet.' : 'This project has no accounts yet.';
  const others = elsewhere === 0 ? '' : `${elsewhere} in other pools: codex-auth list --global\n`;
  return `${place} Sign in to the first one: codex-auth login\n${others}`;
}

export const listCommand: Command<object, ListResult> = {
  name: 'list',
  schema: ListResult,
  run: list,
  render: renderList,
};
