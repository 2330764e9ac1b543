import type { Account } from '../accounts/account.js';

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
  // A key that is null in nearly every file says nothing.
  'auth-file': ({ authFile }) => Object.values(authFile?.top ?? {}).some((value) => value !== null),
};

/** As the end of a sentence about the format: "it has no place for …". */
export const lossNames: Record<ExportLoss, string> = {
  label: 'labels',
  disabled: 'what is disabled',
  'order-of-use': 'what prefer and reserve have set',
  'id-token': 'id tokens',
  'auth-file': 'what else was in auth.json',
};

/** What of this account is not in a file of this format. */
export function lossesOf(account: Account, format: ExportFormat): ExportLoss[] {
  return lost[format].filter((loss) => has[loss](account));
}
