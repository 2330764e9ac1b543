import { AppError, type ErrorFacts } from '../../core/errors.js';
import type { Context } from '../program/context.js';

interface Consent extends ErrorFacts {
  readonly question: string;
  /** What a no leaves undone. */
  readonly otherwise: string;
  /** What Enter means; default: no. */
  readonly preset?: boolean;
  /** What is said where nobody can answer, with `--yes` as the hint if no other is given. */
  readonly would?: string;
}

/** Asks before something is done. Throws `declined` after a no, and `confirmation-needed` where nobody can answer. */
export async function askConsent({ io, prompter }: Pick<Context, 'io' | 'prompter'>, consent: Consent): Promise<void> {
  const { question, otherwise, preset = false, would = question, ...facts } = consent;
  if (!io.isInteractive) throw new AppError('confirmation-needed', would, { hint: 'add --yes', ...facts });
  await (await prompter()).consent(question, preset, otherwise);
}
