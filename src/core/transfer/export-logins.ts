import { type Account, describeAccount, isAccessOnly } from '../accounts/account.js';
import { emptyPool } from '../accounts/pool.js';
import { formatAuthFile } from '../codex/auth-file.js';
import { AppError } from '../errors.js';
import { completeLogin } from '../logins/activate.js';
import { holdsForeignTokens } from '../logins/foreign-tokens.js';
import { encodePool } from '../pools/pool-codec.js';
import { foreignIssuer } from '../provider/foreign-issuer.js';
import type { Provider } from '../provider/provider.js';
import { formatFlatTokenFile } from '../token-files/flat-token-file.js';

export const exportFormats = ['codex', 'flat', 'pool'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportFile {
  /** A name that tells whose it is and from when. */
  readonly name: string;
  /** With the tokens in clear. */
  readonly content: string;
  readonly accounts: readonly Account[];
}

export interface Exported {
  readonly files: readonly ExportFile[];
  /** What the format cannot hold. */
  readonly refused: readonly { readonly account: Account; readonly message: string }[];
}

export interface ExportRequest {
  readonly format: ExportFormat;
  readonly provider: Provider;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The accounts as files of a format: one pool, or a file each. Reveals the tokens. */
export function exportLogins(accounts: readonly Account[], request: ExportRequest): Exported {
  const date = new Date(request.now).toISOString().slice(0, 10).replaceAll('-', '');
  if (request.format === 'pool') {
    const content = `${JSON.stringify(encodePool({ ...emptyPool, accounts }), null, 2)}\n`;
    return { files: [{ name: `codex-auth-accounts_${date}.json`, content, accounts }], refused: [] };
  }
  const contentOf = request.format === 'codex' ? codexContent : flatContent;
  const names = new Set<string>();
  const files: ExportFile[] = [];
  const refused: { account: Account; message: string }[] = [];
  for (const account of accounts) {
    try {
      const content = contentOf(account, request.provider);
      const name = unusedName(`${request.format === 'codex' ? 'auth' : 'codex'}_${nameOf(account)}_${date}`, names);
      files.push({ name, content, accounts: [account] });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ account, message: error.message });
    }
  }
  return { files, refused };
}

function codexContent(account: Account): string {
  return formatAuthFile(completeLogin(account));
}

/** The format has no place for the issuer: whoever reads it would send the tokens to the official one (P20). */
function flatContent(account: Account, provider: Provider): string {
  const { tokens, accountId, email, enabled } = account;
  const problem = (what: string) => new AppError('sign-in-needed', `${describeAccount(account)} ${what}`);
  if (tokens.refreshToken === undefined && !isAccessOnly(tokens)) throw problem('has no tokens');
  if (holdsForeignTokens(account)) throw problem('holds tokens of another account');
  if (foreignIssuer(account, provider) !== undefined)
    throw problem('was issued by another provider, which a token file cannot say');
  return formatFlatTokenFile({
    tokens,
    isDisabled: !enabled,
    ...(accountId === undefined ? {} : { accountId }),
    ...(email === undefined ? {} : { email }),
  });
}

/** Fit for a file name on every system. */
function nameOf({ email, id }: Account): string {
  return (email ?? id)
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
