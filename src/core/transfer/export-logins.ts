import { createHash } from 'node:crypto';
import { type Account, describeAccount, isAccessOnly } from '../accounts/account.js';
import { emptyPool } from '../accounts/pool.js';
import { formatAuthFile } from '../codex/auth-file.js';
import { AppError } from '../errors.js';
import { holdsForeignTokens } from '../lineage/foreign-tokens.js';
import { completeLogin } from '../logins/activate.js';
import { encodePool } from '../pools/pool-codec.js';
import { foreignIssuer } from '../provider/foreign-issuer.js';
import type { Provider } from '../provider/provider.js';
import { flatTokenFile } from '../token-files/flat-token-file.js';

export interface ExportFile {
  /** A name that tells whose login it is and from when. */
  readonly name: string;
  /** Holds the tokens in clear, unless it was sealed. */
  readonly content: string | Uint8Array;
  readonly accounts: readonly Account[];
}

export interface Exported {
  readonly files: readonly (ExportFile & { readonly content: string })[];
  /** Accounts that the format cannot hold. */
  readonly refused: readonly { readonly account: Account; readonly message: string }[];
}

export interface ExportRequest {
  readonly format: ExportFormat;
  readonly provider: Provider;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Content = Readonly<Record<string, unknown>>;

/** The content of a file with one account. Throws `sign-in-needed` for an account that the format cannot hold. */
const contentOf: Record<Exclude<ExportFormat, 'pool'>, (account: Account, provider: Provider) => Content | string> = {
  auth: (account) => formatAuthFile(completeLogin(account)),
  flat: flatContent,
  array: flatContent,
  cliproxy: flatContent,
  opencode: opencodeContent,
};

/** The accounts as files of a format: one for all of them, or a file each. Reveals the tokens. */
export function exportLogins(accounts: readonly Account[], request: ExportRequest): Exported {
  const { format, provider } = request;
  const date = new Date(request.now).toISOString().slice(0, 10).replaceAll('-', '');
  if (format === 'pool') {
    const content = textOf(encodePool({ ...emptyPool, accounts }));
    return { files: [{ name: `codex-auth-accounts_${date}.json`, content, accounts }], refused: [] };
  }
  const names = new Set<string>();
  const made: { account: Account; content: Content | string }[] = [];
  const refused: { account: Account; message: string }[] = [];
  for (const account of accounts) {
    try {
      made.push({ account, content: contentOf[format](account, provider) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ account, message: error.message });
    }
  }
  if (format === 'array' && made.length > 0) {
    const content = textOf(made.map((each) => each.content));
    const name = `codex-auth-tokens_${date}.json`;
    return { files: [{ name, content, accounts: made.map(({ account }) => account) }], refused };
  }
  const files = made.map(({ account, content }) => ({
    name: unusedName(stemOf(format, account, date), names),
    content: typeof content === 'string' ? content : textOf(content),
    accounts: [account],
  }));
  return { files, refused };
}

function textOf(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Throws `sign-in-needed` for an account that a file of another tool cannot hold, or must not. */
function refuseUnusable(account: Account, provider: Provider): void {
  const { tokens } = account;
  if (tokens.refreshToken === undefined && !isAccessOnly(tokens)) throw problem(account, 'has no tokens');
  if (holdsForeignTokens(account)) throw problem(account, 'holds tokens of another account');
  // These formats have no place for the issuer: the reading tool would send the tokens to the official one (P20).
  if (foreignIssuer(account, provider) !== undefined)
    throw problem(account, 'was issued by another provider, which a token file cannot say');
}

function problem(account: Account, what: string): AppError {
  return new AppError('sign-in-needed', `${describeAccount(account)} ${what}`);
}

function flatContent(account: Account, provider: Provider): Content {
  refuseUnusable(account, provider);
  const { tokens, accountId, email, enabled } = account;
  return flatTokenFile({
    tokens,
    isDisabled: !enabled,
    ...(accountId === undefined ? {} : { accountId }),
    ...(email === undefined ? {} : { email }),
  });
}

/** One login under the name of the provider, as opencode keeps it. */
function opencodeContent(account: Account, provider: Provider): Content {
  refuseUnusable(account, provider);
  const { refreshToken, accessToken, expiresAt = 0 } = account.tokens;
  if (refreshToken === undefined) throw problem(account, 'has no refresh token, which opencode needs');
  const access = accessToken?.reveal() ?? '';
  const { accountId } = account;
  const openai = { type: 'oauth', refresh: refreshToken.reveal(), access, expires: expiresAt };
  return { openai: { ...openai, ...(accountId === undefined ? {} : { accountId }) } };
}

/** The file name, without its end, as the tools that read such files expect it. */
function stemOf(format: ExportFormat, account: Account, date: string): string {
  const name = fileName(account.email ?? account.id);
  if (format === 'cliproxy')
    return ['codex', accountHash(account), name, fileName(account.planType ?? '')].filter(Boolean).join('-');
  return `${format === 'flat' ? 'codex' : format}_${name}_${date}`;
}

/** A hash by which CLIProxyAPI tells the workspaces of one address apart. */
function accountHash({ accountId }: Account): string {
  return accountId === undefined ? '' : createHash('sha256').update(accountId).digest('hex').slice(0, 8);
}

/** Fit for a file name on every system. */
function fileName(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9@._+-]+/g, '-')
    .slice(0, 80);
}

function unusedName(stem: string, taken: Set<string>): string {
  let name = `${stem}.json`;
  for (let copy = 2; taken.has(name); copy += 1) name = `${stem}-${copy}.json`;
  taken.add(name);
  return name;
}

/**
 * `auth`: an `auth.json` of the official client each; `flat`: a token file each; `pool`: one pool of this family; `array`: one
 * list of token files; `cliproxy`: token files as CLIProxyAPI calls them; `opencode`: an `auth.json` of opencode each.
 */
export const exportFormats = ['auth', 'flat', 'pool', 'array', 'cliproxy', 'opencode'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What an account has that a format may have no place for. */
export const exportLosses = ['label', 'disabled', 'order-of-use', 'id-token', 'auth-file'] as const;
export type ExportLoss = (typeof exportLosses)[number];

const lost: Record<ExportFormat, readonly ExportLoss[]> = {
  auth: ['label', 'disabled', 'order-of-use'],
  flat: ['label', 'order-of-use', 'auth-file'],
  pool: [],
  array: ['label', 'order-of-use', 'auth-file'],
  cliproxy: ['label', 'order-of-use', 'auth-file'],
  opencode: ['label', 'disabled', 'order-of-use', 'id-token', 'auth-file'],
};

const has: Record<ExportLoss, (account: Account) => boolean> = {
  label: ({ label }) => label !== undefined,
  disabled: ({ enabled }) => !enabled,
  'order-of-use': ({ priority, reservePercent }) => priority !== undefined || reservePercent !== undefined,
  'id-token': ({ tokens }) => tokens.idToken !== undefined,
  // Some keys are null in nearly every file, and are no loss.
  'auth-file': ({ authFile }) => Object.values(authFile?.top ?? {}).some((value) => value !== null),
};

/** Each loss as the end of a sentence about the format: "it has no place for …". */
export const lossNames: Record<ExportLoss, string> = {
  label: 'labels',
  disabled: 'what is disabled',
  'order-of-use': 'what prefer and reserve have set',
  'id-token': 'id tokens',
  'auth-file': 'what else was in auth.json',
};

/** What this account has that a file of this format does not hold. */
export function lossesOf(account: Account, format: ExportFormat): ExportLoss[] {
  return lost[format].filter((loss) => has[loss](account));
}
