import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { readOtherScopes } from '../../core/storage/scope-files.js';
import { AccountView, accountView, PlaceView, placeView, ScopeView, scopeView } from '../account-view.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { renderAccounts, titleOf } from '../render/account-table.js';
import { renderCsv } from '../render/csv.js';
import type { Theme } from '../render/theme.js';
import { decideRoster } from '../roster-view.js';
import { openRoster } from '../selection.js';

const ListResult = z.object({
  scope: ScopeView,
  /** The account whose login the official client has now; absent when it is none of these. */
  activeId: z.exactOptional(z.string()),
  /** This scope's last choice, when it is another one. */
  chosenId: z.exactOptional(z.string()),
  accounts: z.array(AccountView),
  /** The other pools that have accounts, which this list does not show. */
  elsewhere: z.array(z.object({ ...PlaceView.shape, accounts: z.number() })),
});
type ListResult = z.infer<typeof ListResult>;

async function list(context: Context): Promise<ListResult> {
  const { root, clock } = context;
  const roster = openRoster(context, context.readingScope());
  const now = clock.now();
  const view = { now, mask: context.options.mask === true };
  const { decided } = decideRoster(roster, { now });
  const activeId = roster.accounts.find(({ id }) => id === roster.active?.account.id)?.id;
  const chosenId = roster.records.pool.activeId;
  return definedOnly({
    scope: scopeView(roster),
    activeId,
    chosenId: chosenId === activeId ? undefined : chosenId,
    accounts: decided.map(({ account, decision }) => accountView(account, decision, roster, view)),
    elsewhere: readOtherScopes(root.paths, roster.records)
      .filter(({ pool }) => pool.accounts.length > 0)
      .map(({ key, pool }) => ({ ...placeView(key), accounts: pool.accounts.length })),
  });
}

function renderList(result: ListResult, theme: Theme): string {
  const { accounts, scope, elsewhere } = result;
  const others = elsewhereText(elsewhere);
  if (accounts.length === 0) {
    const place = scope.kind === 'global' ? 'No accounts yet.' : 'This project has no accounts yet.';
    return `${place} Sign in to the first one: codex-auth login\n${others}`;
  }
  return renderAccounts(accounts, theme) + theme.color.dim(choiceText(result) + others);
}

/** What auth.json holds and what was chosen here can differ: another project or the official client changed the former. */
function choiceText({ accounts, activeId, chosenId }: ListResult): string {
  const chosen = accounts.find(({ id }) => id === chosenId);
  if (chosen !== undefined) {
    return `last chosen here: ${titleOf(chosen)}, which is not in use: codex-auth switch ${chosen.index}\n`;
  }
  return activeId === undefined ? 'none of these is in use: codex-auth status\n' : '';
}

function elsewhereText(elsewhere: ListResult['elsewhere']): string {
  if (elsewhere.length === 0) return '';
  const places = elsewhere.map(
    ({ key, accounts }) => `${key === undefined ? 'global' : `project ${key}`} (${accounts})`,
  );
  const hasGlobal = elsewhere.some(({ kind }) => kind === 'global');
  return `also available: ${places.join(', ')}: codex-auth list ${hasGlobal ? '--global' : '--project <dir>'}\n`;
}

const csvColumns = [
  'index',
  'id',
  'email',
  'label',
  'workspace',
  'plan',
  'active',
  'enabled',
  'state',
  'health',
  'account_id',
];

function listCsv({ accounts }: ListResult): string {
  return renderCsv(
    csvColumns,
    accounts.map((each) => [
      each.index,
      each.id,
      each.email,
      each.label,
      each.workspace,
      each.plan,
      each.active,
      each.enabled,
      each.state,
      each.health.score,
      each.accountId,
    ]),
  );
}

export const listCommand: Command<object, ListResult> = {
  name: 'list',
  schema: ListResult,
  run: list,
  render: renderList,
  renderCsv: listCsv,
};
