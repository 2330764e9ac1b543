import * as z from 'zod/mini';
import type { ShownAccount } from '../../core/accounts/account.js';
import type { LocatedAccount } from '../../core/accounts/selector.js';
import { definedOnly } from '../../core/defined-only.js';
import { printableIn } from '../../core/printable.js';
import type { ShownRoster } from '../../core/roster/shown-roster.js';
import { type StandingAccount, standingsOf } from '../../core/session/decided-roster.js';
import {
  countIn,
  describePlace,
  listCommandFor,
  OtherPlace,
  otherPlaces,
  PlaceView,
  placeView,
  shownPlaces,
} from '../../core/session/places.js';
import { indexElsewhere, type Nobody, openShownRoster, whyNone } from '../../core/session/selection.js';
import { keepersElsewhere } from '../../core/sharing/keepers.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { type AccountLine, renderAccounts, titleOf } from '../render/account-table.js';
import { type CsvColumns, renderCsv } from '../render/csv.js';
import { capitalized } from '../render/facts.js';
import { renderLightTable } from '../render/light-table.js';
import type { Theme } from '../render/theme.js';
import { warnAboutSetAside } from '../switching/set-aside.js';
import { accountRef, accountRefShape, isLasting, lifeLines, lifeOf, shownEmail } from '../views/account-ref.js';
import { AccountView, accountView } from '../views/account-view.js';
import { BindingView, bindingHere, bindingText } from '../views/binding-view.js';
import { placeLine, ScopeView, scopeView } from '../views/scope-view.js';

const ListResult = z.object({
  scope: ScopeView,
  /** The account whose login the official client has now; absent when it is none of these. */
  activeId: z.exactOptional(z.string()),
  /** That account, when it lives in another pool. */
  activeElsewhere: z.exactOptional(z.object({ ...accountRefShape, scope: PlaceView })),
  /** This scope's last choice, when it is another one. */
  chosenId: z.exactOptional(z.string()),
  /** The account as which plain `codex` runs in the directory where this was called, whichever is in use. */
  binding: z.exactOptional(BindingView),
  accounts: z.array(AccountView),
  /** The other pools that have accounts, which this list does not show. */
  elsewhere: z.array(OtherPlace),
});
type ListResult = z.infer<typeof ListResult>;
type Surroundings = Omit<ListResult, 'accounts'>;

/** What a list is made of. Its JSON takes longer than its text, and is made where it is asked for. */
interface Found {
  readonly surroundings: Surroundings;
  /** How many accounts of this scope are set aside. */
  readonly setAside: number;
  /** Why there is no account to show. */
  readonly none: Nobody | undefined;
  readonly accounts: readonly StandingAccount[];
  /** The machines that keep logins which are kept elsewhere, by the id of the account. */
  readonly keepers: ReadonlyMap<string, string>;
  readonly mask: boolean;
  readonly now: number;
}

async function list(context: Context): Promise<Found> {
  const { clock, options } = context;
  const roster = openShownRoster(context, context.readingScope());
  warnAboutSetAside(context, roster);
  const now = clock.now();
  const mask = options.mask === true;
  return {
    surroundings: surroundingsOf(context, roster, mask),
    setAside: roster.records.flagged.accounts.length,
    none: whyNone(roster),
    accounts: standingsOf(roster, now, context.settings()),
    keepers: keepersElsewhere(context.root.paths),
    ...{ mask, now },
  };
}

function documentOf(found: Found): ListResult {
  const accounts = found.accounts.map(({ account, standing }) => accountView(account, standing, found));
  return { ...found.surroundings, accounts };
}

/** Everything but the accounts. */
function surroundingsOf(context: Context, roster: ShownRoster, mask: boolean): Surroundings {
  const { active } = roster;
  const isHere = active?.scopeKey === roster.records.key;
  const activeId = isHere ? active?.account.id : undefined;
  const chosenId = roster.records.pool.activeId;
  return definedOnly({
    scope: scopeView(roster),
    activeId,
    activeElsewhere: active === undefined || isHere ? undefined : elsewhereView(roster, active, mask),
    chosenId: chosenId === activeId ? undefined : chosenId,
    binding: bindingHere(context, roster),
    elsewhere: otherPlaces(roster),
  });
}

function elsewhereView(roster: ShownRoster, { account, scopeKey }: LocatedAccount<ShownAccount>, mask: boolean) {
  return { ...accountRef(account, indexElsewhere(roster, account.id), mask), scope: placeView(scopeKey) };
}

function renderList(found: Found, theme: Theme): string {
  const { accounts, mask, surroundings } = found;
  const { elsewhere } = surroundings;
  if (found.none !== undefined) {
    // `emptyText` names the first of these places.
    const unnamed = found.none.reason === 'elsewhere' ? elsewhere.slice(1) : elsewhere;
    return emptyText(found.none) + inUseText(surroundings) + elsewhereText(unnamed);
  }
  const table = renderAccounts(
    accounts.map((each) => lineOf(each, mask)),
    theme,
    renderLightTable,
  );
  return (
    placeLine(surroundings.scope, theme) +
    table +
    theme.color.dim(
      lifeRows(found, theme) +
        unreadText(accounts, theme) +
        boundText(surroundings) +
        choiceText(found) +
        setAsideText(found) +
        elsewhereText(elsewhere),
    )
  );
}

function emptyText({ message, hint }: Nobody): string {
  return `${capitalized(message)}: ${hint}\n`;
}

function boundText({ binding }: Surroundings): string {
  return binding === undefined ? '' : `${capitalized(bindingText(binding))}\n`;
}

/** Accounts that are set aside are in no line of the table, and are not gone. */
function setAsideText({ setAside }: Found): string {
  return setAside === 0 ? '' : `${setAside} set aside: codex-auth verify-flagged\n`;
}

function lineOf({ account, standing }: StandingAccount, mask: boolean): AccountLine {
  const { id, label, workspaceName: workspace, distinction, lastUsedAt } = account;
  const email = shownEmail(account.email, mask);
  const { index, active, health, state, availableAt, quota } = standing;
  const plan = quota?.planType ?? account.planType;
  const shown = quota?.isUnlimited === true ? { ...quota, unlimited: true } : quota;
  // Every member by name: an object that so many are copied into becomes a slow one, and there may be thousands of them.
  return {
    id,
    email,
    label,
    workspace,
    distinction,
    plan,
    index,
    active,
    health,
    state,
    availableAt,
    quota: shown,
    lastUsedAt,
  };
}

function lifeRows({ accounts, keepers }: Found, { now }: Theme): string {
  const passing = accounts.filter(({ account }) => !isLasting(account));
  const rows = passing.map(({ account, standing: { index } }) => ({
    ...lifeOf(account, keepers.get(account.id)),
    index,
  }));
  return lifeLines(rows, now)
    .map((line) => `${line}\n`)
    .join('');
}

/** What fills the gaps in the column of quota: nothing is read or refreshed by a list. */
function unreadText(accounts: readonly StandingAccount[], { now }: Theme): string {
  const unread = accounts.filter(
    ({ account, standing: { state, quota } }) =>
      account.enabled && state !== 'sign-in-needed' && state !== 'refused' && quota === undefined,
  );
  const expired = unread.filter(({ account: { tokens } }) => tokens.expiresAt !== undefined && tokens.expiresAt <= now);
  const refused = accounts.filter(({ standing }) => standing.state === 'refused').length;
  const tokens = expired.length === 1 ? '1 access token has' : `${expired.length} access tokens have`;
  return [
    expired.length === 0 ? '' : `${tokens} expired: codex-auth check\n`,
    expired.length === unread.length ? '' : 'quota not read yet: codex-auth usage\n',
    refused === 0 ? '' : `${refused} refused by the provider: codex-auth forecast --explain\n`,
  ].join('');
}

/** What auth.json holds and what was chosen here can differ: another project or the official client changed the former. */
function choiceText({ accounts, mask, surroundings }: Found): string {
  const { activeId, activeElsewhere, chosenId } = surroundings;
  const chosen = accounts.find(({ account }) => account.id === chosenId);
  const isNoneInUse = chosen === undefined && activeId === undefined && activeElsewhere === undefined;
  if (isNoneInUse) return 'none of these is in use: codex-auth switch\n';
  if (chosen === undefined) return inUseText(surroundings);
  const command = `codex-auth switch ${chosen.standing.index}`;
  const title = titleOf(lineOf(chosen, mask));
  return `${inUseText(surroundings)}last chosen here: ${title}, which is not in use: ${command}\n`;
}

function inUseText({ activeElsewhere: active }: Surroundings): string {
  return active === undefined ? '' : `in use: ${titleOf(active)}, of ${describePlace(active.scope)}\n`;
}

function elsewhereText(elsewhere: ListResult['elsewhere']): string {
  const lines = elsewhere
    .slice(0, shownPlaces)
    .map((place) => `also available: ${countIn(place)}: ${listCommandFor(place)}\n`);
  const more = elsewhere.length - shownPlaces;
  return lines.join('') + (more > 0 ? `and ${more} more project${more === 1 ? '' : 's'}\n` : '');
}

const csvColumns: CsvColumns<ListResult['accounts'][number]> = {
  index: (each) => each.index,
  id: (each) => each.id,
  email: (each) => each.email,
  label: (each) => each.label,
  workspace: (each) => each.workspace,
  plan: (each) => each.plan,
  active: (each) => each.active,
  enabled: (each) => each.enabled,
  state: (each) => each.state,
  health: (each) => each.health.score,
  usable_now_pct: (each) => each.quota?.usableNowPercent,
  quota_seen_at: (each) => each.quota?.observedAt,
  account_id: (each) => each.accountId,
};

export const listCommand: Command<object, Found, ListResult> = {
  name: 'list',
  schema: ListResult,
  run: list,
  document: documentOf,
  // Accounts are shown as cells of a table and titles, which are made printable as texts: once, not member by member.
  printable: ({ accounts, ...rest }) => ({ ...printableIn(rest), accounts }),
  render: renderList,
  renderCsv: (found) => renderCsv(csvColumns, documentOf(found).accounts),
};
