import * as z from 'zod/mini';
import type { Theme } from '../render/theme.js';

export const GuardRounds = z.object({
  /** How often it has looked: at once, whenever something was due, and when files had changed. */
  rounds: z.number(),
  /** Access tokens that were about to expire and have been replaced. */
  refreshed: z.number(),
  /** Newer tokens of somebody else that were taken over. */
  adopted: z.number(),
  /** Left to the official client, which was running. */
  leftToClient: z.number(),
  failed: z.number(),
  /** Of those that failed: because of the network or the provider. */
  unreachable: z.number(),
  /** It was told to end, which is how it ends. */
  stopped: z.exactOptional(z.literal(true)),
  /** Its program was updated while it ran as a service, which starts it again. */
  updated: z.exactOptional(z.literal(true)),
});
export type GuardRounds = z.infer<typeof GuardRounds>;

function countsText({ rounds, refreshed, adopted, leftToClient, failed }: GuardRounds): string {
  const parts = [
    `${refreshed} refreshed`,
    `${adopted} taken over`,
    `${leftToClient} left to the client`,
    `${failed} failed`,
  ];
  return `${rounds} round${rounds === 1 ? '' : 's'}: ${parts.join(', ')}`;
}

export function renderRounds(result: GuardRounds, { color, symbols }: Theme): string {
  const mark = result.failed > 0 ? color.red(symbols.error) : color.green(symbols.ok);
  return `${mark} ${result.stopped === true ? 'stopped after ' : ''}${countsText(result)}\n`;
}
