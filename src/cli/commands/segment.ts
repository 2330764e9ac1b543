import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { QuotaViewSchema, toQuotaView } from '../../core/quota/snapshot.js';
import { readSegment } from '../../core/segment/segment.js';
import { escapedFor, type SegmentFormat, segmentText } from '../../core/segment/segment-text.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { shownEmail } from '../views/account-ref.js';

const SegmentResult = z.object({
  /** As it goes into the prompt; empty where no account is in use. */
  text: z.string(),
  account: z.exactOptional(
    z.object({ id: z.string(), email: z.exactOptional(z.string()), label: z.exactOptional(z.string()) }),
  ),
  /** As it was last known. */
  quota: z.exactOptional(QuotaViewSchema),
});
type SegmentResult = z.infer<typeof SegmentResult>;

export interface SegmentOptions {
  readonly format?: SegmentFormat;
}

/**
 * Reads files only: a prompt must never wait for anybody. `src/segment.ts` does the same without loading all of this.
 */
async function segment(context: Context, { format = 'plain' }: SegmentOptions): Promise<SegmentResult> {
  const now = context.clock.now();
  const found = readSegment(context.root, context.home, context.readingScope());
  if (found === undefined) return { text: '' };
  const { id, email, label } = found.account;
  return definedOnly({
    text: escapedFor(format, segmentText(found, now)),
    account: definedOnly({ id, email: shownEmail(email, context.options.mask === true), label }),
    quota: found.quota && toQuotaView(found.quota, 'cache', now),
  });
}

export const segmentCommand: Command<SegmentOptions, SegmentResult> = {
  name: 'segment',
  schema: SegmentResult,
  run: segment,
  render: ({ text }) => (text === '' ? '' : `${text}\n`),
  printsCode: true,
};
