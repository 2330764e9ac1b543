import * as z from 'zod/mini';
import { type HandedOver, parseHandedOver } from '../quota/handed-over.js';
import { looseObject, looseText } from '../quota/loose-values.js';

const RawState = z.object({
  account: looseObject({ rate_limits: z.optional(z.unknown()) }),
  thread: looseObject({ id: looseText }),
});

/** What the official client says of the conversation that it shows (official-client.md#status-line). */
export interface ThreadState {
  readonly threadId?: string;
  readonly limits?: HandedOver;
}

/** Whatever has another shape reads as absent: the interface is experimental. */
export function parseThreadState(value: unknown): ThreadState {
  const parsed = RawState.safeParse(value);
  if (!parsed.success) return {};
  const { account, thread } = parsed.data;
  const limits = parseHandedOver(account?.rate_limits);
  return { ...(thread?.id === undefined ? {} : { threadId: thread.id }), ...(limits === undefined ? {} : { limits }) };
}
