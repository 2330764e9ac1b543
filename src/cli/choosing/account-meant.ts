import * as z from 'zod/mini';
import type { AppError } from '../../core/errors.js';
import type { Context } from '../program/context.js';

const Ambiguity = z.object({ candidates: z.array(z.object({ id: z.string() })) });

/** Asks on a terminal which of the accounts is meant by a name that stands for several. Returns its id. */
export async function accountMeant(context: Context, error: AppError): Promise<string> {
  const { candidates } = Ambiguity.parse(error.details);
  const [question = '', ...names] = error.message.split('\n');
  const { select } = await context.prompter();
  return select(
    `${question.replace(/:$/, '')}. Which one?`,
    candidates.map(({ id }, position) => ({ value: id, name: names[position]?.trim() ?? id })),
  );
}
