import * as z from 'zod/mini';
import { readShareKey } from '../../core/sharing/key-store.js';
import { phraseOf } from '../../core/sharing/recovery-phrase.js';
import { readShare } from '../../core/sharing/share-file.js';
import { notJoined } from '../../core/sharing/share-problem.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { phraseLines } from '../sharing/share-secrets.js';
import { askConsent } from '../terminal/ask-consent.js';

const SharePhraseResult = z.object({
  keyId: z.string(),
  /** The key as words: with it and the database, anybody has every shared login. */
  recoveryPhrase: z.string(),
});
type SharePhraseResult = z.infer<typeof SharePhraseResult>;

export interface SharePhraseOptions {
  readonly yes?: boolean;
}

async function showPhrase(context: Context, { yes }: SharePhraseOptions): Promise<SharePhraseResult> {
  if (readShare(context.root) === undefined) throw notJoined();
  const key = readShareKey(context.root);
  // A terminal keeps what it shows, and others may look at it.
  if (context.io.style.isTerminal && yes !== true) {
    await askConsent(context, {
      question: 'Show the recovery phrase of the shared pool on this terminal?',
      otherwise: 'nothing was shown',
      would: 'the recovery phrase would be shown on this terminal',
      hint: 'add --yes to show it',
    });
  }
  return { keyId: key.id, recoveryPhrase: (await phraseOf(key)).reveal() };
}

export const sharePhraseCommand: Command<SharePhraseOptions, SharePhraseResult> = {
  name: 'share-phrase',
  schema: SharePhraseResult,
  run: showPhrase,
  render: ({ recoveryPhrase }) => phraseLines(recoveryPhrase),
};
