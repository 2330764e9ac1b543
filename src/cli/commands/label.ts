import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { changeAccount } from '../change-account.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';

const LabelResult = z.object({
  id: z.string(),
  email: z.exactOptional(z.string()),
  /** Absent when the label was taken away. */
  label: z.exactOptional(z.string()),
  changed: z.boolean(),
});
type LabelResult = z.infer<typeof LabelResult>;

interface LabelOptions {
  readonly selector: string;
  readonly text: string;
}

async function label(context: Context, { selector, text }: LabelOptions): Promise<LabelResult> {
  const wanted = checkLabel(text);
  const { account, changed } = await changeAccount(context, selector, (before) => withLabel(before, wanted));
  return definedOnly({ id: account.id, email: account.email, label: account.label, changed });
}

function withLabel(account: Account, wanted: string | undefined): Account {
  if (account.label === wanted) return account;
  const { label: _, ...unnamed } = account;
  return wanted === undefined ? unnamed : { ...unnamed, label: wanted };
}

const maxLength = 60;

/** A label is a name to type: one line, and not something that already means an index or the previous account. */
export function checkLabel(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const problem = labelProblem(trimmed);
  if (problem === undefined) return trimmed;
  throw new AppError('usage', `"${trimmed.replace(/\p{Cc}/gu, '?')}" cannot be a label: ${problem}`, {
    hint: 'choose a short name such as "work"',
  });
}

function labelProblem(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return 'it has control characters';
  if (/^\d+$/.test(text)) return 'digits alone mean a position in the list';
  if (text.startsWith('-')) return 'it would read as an option';
  return text.length > maxLength ? `it is longer than ${maxLength} characters` : undefined;
}

function renderLabel({ label: name, email, id }: LabelResult, { color, symbols }: Theme): string {
  const who = email ?? id;
  const outcome = name === undefined ? `${who} has no label` : `${who} is called ${color.bold(name)}`;
  return `${color.green(symbols.ok)} ${outcome}\n`;
}

export const labelCommand: Command<LabelOptions, LabelResult> = {
  name: 'label',
  schema: LabelResult,
  run: label,
  render: renderLabel,
};
