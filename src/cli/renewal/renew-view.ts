import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import type { HttpRequest } from '../../core/http/client.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import type { Renewal } from '../../core/renewal/renewal.js';
import type { AskedAccount } from '../../core/session/asked-accounts.js';
import { isObstruction } from '../../core/session/failure.js';
import type { AskedFile } from '../../core/session/renewal-targets.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';
import { shownEmail } from '../views/account-view.js';
import { FailureView } from '../views/probe-failure.js';

const outcomeShape = {
  /** `would-renew` only with --print-only. */
  outcome: z.enum(['renewed', 'skipped', 'failed', 'would-renew']),
  /** Of what was renewed: by a request of its own, or with a newer copy that was there already. */
  how: z.exactOptional(z.enum(['refreshed', 'adopted'])),
  /** Of what was skipped. */
  reason: z.exactOptional(z.enum(['not-due', 'disabled', 'left-to-client'])),
  message: z.exactOptional(z.string()),
  /** When the access token ends. */
  expiresAt: z.exactOptional(z.iso.datetime()),
  problem: z.exactOptional(FailureView),
};

export const RenewedAccount = z.object({ ...accountRefShape, ...outcomeShape });
export type RenewedAccount = z.infer<typeof RenewedAccount>;

export const RenewedFile = z.object({
  /** As it was named. */
  name: z.string(),
  path: z.string(),
  email: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  ...outcomeShape,
});
export type RenewedFile = z.infer<typeof RenewedFile>;

/** A request as it would be sent, with `[secret]` in place of the token. */
export const PlannedRequest = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  /** What would get the answer: accounts by id, files by name. */
  renews: z.array(z.string()),
});
export type PlannedRequest = z.infer<typeof PlannedRequest>;

export function renewedAccount(context: Context, asked: AskedAccount, renewal: Renewal | undefined): RenewedAccount {
  return { ...accountRef(asked.account, asked.index, context.options.mask === true), ...outcomeOf(renewal) };
}

export function renewedFile(context: Context, asked: AskedFile, renewal: Renewal | undefined): RenewedFile {
  const { name, path, file } = asked;
  const { email, accountId } = file?.login.identity ?? {};
  const shown = shownEmail(email, context.options.mask === true);
  return { name, path, ...definedOnly({ email: shown, accountId }), ...outcomeOf(renewal) };
}

type Outcome = Pick<RenewedFile, 'outcome' | 'how' | 'reason' | 'message' | 'expiresAt' | 'problem'>;

function outcomeOf(renewal: Renewal | undefined): Outcome {
  if (renewal === undefined) return { outcome: 'would-renew' };
  if (renewal.kind === 'failed') return { outcome: 'failed', problem: renewal.problem };
  const { expiresAt } = renewal;
  const end = definedOnly({ expiresAt: expiresAt === undefined ? undefined : toIso(expiresAt) });
  if (renewal.kind === 'renewed') return { outcome: 'renewed', how: renewal.how, ...end };
  return { outcome: 'skipped', reason: renewal.reason, ...definedOnly({ message: renewal.message }), ...end };
}

export function plannedRequest({ method, url, headers, body }: HttpRequest, renews: readonly string[]): PlannedRequest {
  return { method, url, headers: { ...headers }, body: body ?? '', renews: [...renews] };
}

export function accountLine(account: RenewedAccount, theme: Theme): string {
  return lineOf(`${account.index}  ${titleOf(account)}`, account, theme);
}

export function fileLine(file: RenewedFile, theme: Theme): string {
  const whose = file.email === undefined ? '' : ` (${printable(file.email)})`;
  return lineOf(`${printable(file.name)}${whose}`, file, theme);
}

function lineOf(title: string, { outcome, how, reason, message, expiresAt, problem }: Outcome, theme: Theme): string {
  const { color, symbols, now } = theme;
  const until = expiresAt === undefined ? '' : ` until ${formatWhen(Date.parse(expiresAt), now)}`;
  switch (outcome) {
    case 'renewed': {
      const source = how === 'adopted' ? 'a newer copy was there already' : 'renewed';
      return `${color.green(symbols.ok)} ${title}: ${source}, valid${until}\n`;
    }
    case 'skipped': {
      const why = { 'not-due': `not due, valid${until}`, disabled: 'disabled', 'left-to-client': message ?? '' };
      return `${color.dim(symbols.unknown)} ${title}: ${printable(why[reason ?? 'not-due'])}\n`;
    }
    case 'failed': {
      if (problem !== undefined && isObstruction(problem))
        return `${color.yellow(symbols.warning)} ${title}: not reached\n`;
      const hint = problem?.hint === undefined ? '' : ` ${symbols.arrow} ${printable(problem.hint)}`;
      return `${color.red(symbols.error)} ${title}: ${printable(problem?.message ?? '')}${hint}\n`;
    }
    case 'would-renew':
      return `${color.yellow(symbols.warning)} ${title}: would be renewed\n`;
  }
}

/** For people, the accounts among those that it renews have their names. */
export function requestText(
  { method, url, headers, body, renews }: PlannedRequest,
  accounts: readonly RenewedAccount[],
  { color }: Theme,
): string {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const names = renews.map((name) => {
    const account = accounts.find(({ id }) => id === name);
    return account === undefined ? printable(name) : titleOf(account);
  });
  const about = color.dim(`# for ${names.join(', ')}`);
  return [about, `${method} ${url}`, ...head, '', body, ''].join('\n');
}
