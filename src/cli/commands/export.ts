import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { homeOf } from '../../core/environment.js';
import { toIso } from '../../core/instant.js';
import { resolveProjectStorageIdentityRoot } from '../../core/project/identity.js';
import { resolveProvider } from '../../core/provider/provider.js';
import { type Roster, withNewestPlan } from '../../core/roster/roster.js';
import { type AskedAccount, askedAccounts } from '../../core/session/asked-accounts.js';
import { openRoster, requireAccounts } from '../../core/session/selection.js';
import {
  type ExportFile,
  type ExportFormat,
  exportFormats,
  exportLogins,
  exportLosses,
  lossesOf,
  lossNames,
} from '../../core/transfer/export-logins.js';
import { type SealingKey, seal } from '../../core/transfer/sealed-file.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { type CsvColumns, renderCsv } from '../render/csv.js';
import type { Theme } from '../render/theme.js';
import { askConsent } from '../terminal/ask-consent.js';
import { chooseTargets, type ExportTarget, type TargetOptions, writeTargets } from '../transfer/export-target.js';
import { chooseSealingKey, type SealingOptions } from '../transfer/sealing-key.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';
import { ScopeView, scopeView } from '../views/scope-view.js';

const ExportedAccount = z.object({
  ...accountRefShape,
  userId: z.exactOptional(z.string()),
  plan: z.exactOptional(z.string()),
  enabled: z.boolean(),
  accessTokenExpiresAt: z.exactOptional(z.iso.datetime()),
  /** Absent when it is in no file. */
  file: z.exactOptional(z.string()),
  /** What the format has no place for. */
  lost: z.exactOptional(z.array(z.enum(exportLosses))),
  /** Why it is in no file. */
  problem: z.exactOptional(z.string()),
});
type ExportedAccount = z.infer<typeof ExportedAccount>;

const ExportResult = z.object({
  scope: ScopeView,
  format: z.enum(exportFormats),
  /** The files open with a passphrase or a key only. */
  sealed: z.boolean(),
  files: z.array(z.object({ path: z.string(), accounts: z.number() })),
  accounts: z.array(ExportedAccount),
  /** Accounts of this scope that need attention and are not exported. */
  setAside: z.number(),
});
type ExportResult = z.infer<typeof ExportResult>;

export interface ExportOptions extends TargetOptions, SealingOptions {
  readonly selectors: readonly string[];
  readonly format: ExportFormat;
  /** Print a table without tokens, and write no file with them. */
  readonly csv?: boolean;
  /** Where the table goes. */
  readonly out?: string;
  readonly yes?: boolean;
}

async function exportAccounts(context: Context, options: ExportOptions): Promise<ExportResult> {
  const roster = openRoster(context, context.readingScope());
  const chosen = chooseAccounts(context, roster, options.selectors).map((each) => ({
    ...each,
    account: withNewestPlan(each.account, roster),
  }));
  const setAside = options.selectors.length > 0 ? 0 : roster.records.flagged.accounts.length;
  const { format } = options;
  const isSealed = options.encrypt === true;
  const result = { scope: scopeView(roster), format, sealed: isSealed, setAside };
  if (options.csv === true) {
    return { ...result, files: [], accounts: chosen.map((each) => viewOf(context, each)) };
  }
  const now = context.clock.now();
  const request = { format, now, provider: resolveProvider(context.environment) };
  const { files, refused } = exportLogins(
    chosen.map(({ account }) => account),
    request,
  );
  const directory = `codex-auth-export_${toIso(now).slice(0, 10)}`;
  const key = await chooseSealingKey(context, options);
  const written = key === undefined || files.length === 0 ? files : [await sealed(files, key, `${directory}.age`)];
  const targets = chooseTargets(context, written, directory, options);
  if (targets.length > 0) await askForConsent(context, targets, options);
  writeTargets(context, targets, options.force === true);
  warnAboutLosses(context, files, format);
  warnAfterExport(context, targets, { setAside, isSealed });
  return {
    ...result,
    files: targets.map(({ path, accounts }) => ({ path, accounts: accounts.length })),
    accounts: chosen.map((each) => {
      const file = targets.find(({ accounts }) => accounts.includes(each.account))?.path;
      const losses = file === undefined ? [] : lossesOf(each.account, format);
      const lost = losses.length === 0 ? undefined : losses;
      const problem = refused.find(({ account }) => account === each.account)?.message;
      return { ...viewOf(context, each), ...definedOnly({ file, lost, problem }) };
    }),
  };
}

/** One file for all of them: a line each, where the format would have made several. */
async function sealed(files: readonly (ExportFile & { readonly content: string })[], key: SealingKey, name: string) {
  const [only, ...others] = files;
  const lines = files.map(({ content }) => JSON.stringify(JSON.parse(content)));
  const content = only !== undefined && others.length === 0 ? only.content : `${lines.join('\n')}\n`;
  return { name, content: await seal(content, key), accounts: files.flatMap(({ accounts }) => accounts) };
}

function warnAboutLosses(context: Context, files: readonly ExportFile[], format: ExportFormat): void {
  const accounts = files.flatMap((file) => file.accounts);
  const lost = exportLosses.filter((loss) => accounts.some((account) => lossesOf(account, format).includes(loss)));
  if (lost.length === 0) return;
  const what = lost.map((loss) => lossNames[loss]).join(', ');
  context.warn(`the format has no place for ${what}; --format pool has`);
}

type Chosen = Pick<AskedAccount, 'account' | 'index'>;

/** The named accounts, each once; else all of the scope, disabled ones included. */
function chooseAccounts(context: Context, roster: Roster, selectors: readonly string[]): Chosen[] {
  if (selectors.length === 0) {
    requireAccounts(roster);
    return roster.accounts.map((account, position) => ({ account, index: position + 1 }));
  }
  const named = selectors.flatMap((selector) => askedAccounts(context, roster, selector));
  return [...new Map(named.map((each) => [each.account.id, each])).values()];
}

function viewOf({ options }: Context, { account, index }: Chosen): ExportedAccount {
  const { userId, planType: plan, enabled, tokens } = account;
  const accessTokenExpiresAt = toIso(tokens.expiresAt);
  return {
    ...accountRef(account, index, options.mask === true),
    enabled,
    ...definedOnly({ userId, plan, accessTokenExpiresAt }),
  };
}

async function askForConsent(
  context: Context,
  targets: readonly ExportTarget[],
  options: ExportOptions,
): Promise<void> {
  if (options.yes === true || !context.io.isInteractive) return;
  const count = targets.reduce((sum, { accounts }) => sum + accounts.length, 0);
  const [first] = targets;
  const where = targets.length === 1 ? first?.path : dirname(first?.path ?? '');
  const question = `Write the tokens of ${count} account${count === 1 ? '' : 's'} to ${where}?`;
  await askConsent(context, { question, otherwise: 'nothing was exported' });
}

function warnAfterExport(
  context: Context,
  targets: readonly ExportTarget[],
  { setAside, isSealed }: { readonly setAside: number; readonly isSealed: boolean },
): void {
  const [first] = targets;
  if (setAside > 0) context.warn(`${setAside} set aside and not exported: codex-auth verify-flagged`);
  if (first === undefined) return;
  const files = targets.length === 1 ? 'this file' : 'these files';
  const holder = isSealed ? `whoever can open ${files}` : `whoever has ${files}`;
  context.warn(
    `${holder} has the logins. Two holders of one login will collide, and the one that comes second is signed out: use each in one place only`,
  );
  const home = homeOf(context.environment) ?? '';
  if (resolveProjectStorageIdentityRoot(dirname(first.path), { home }).kind === 'project') {
    context.warn(`${dirname(first.path)} is inside a Git repository: do not commit what is in it`);
  }
}

function renderExport({ files, accounts }: ExportResult, { color, symbols }: Theme): string {
  const written = files.map(({ path, accounts: count }) => {
    return `${color.green(symbols.ok)} ${path} (${count} account${count === 1 ? '' : 's'})`;
  });
  const refused = accounts.flatMap(({ problem, ...account }) =>
    problem === undefined ? [] : [`${color.red(symbols.error)} ${titleOf(account)}: ${problem}`],
  );
  return [...written, ...refused].map((line) => `${line}\n`).join('');
}

const csvColumns: CsvColumns<ExportResult['accounts'][number]> = {
  index: (each) => each.index,
  id: (each) => each.id,
  email: (each) => each.email,
  account_id: (each) => each.accountId,
  user_id: (each) => each.userId,
  plan: (each) => each.plan,
  label: (each) => each.label,
  enabled: (each) => each.enabled,
  expires_at: (each) => each.accessTokenExpiresAt,
};

export const exportCommand: Command<ExportOptions, ExportResult> = {
  name: 'export',
  schema: ExportResult,
  run: exportAccounts,
  render: renderExport,
  renderCsv: ({ accounts }) => renderCsv(csvColumns, accounts),
  exitCode: ({ accounts }) => (accounts.some(({ problem }) => problem !== undefined) ? 1 : 0),
};
