import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider } from './provider/start.js';
import { alice, carol, RefreshHome } from './refresh-home.js';
import { known, personalName } from './seed.js';

/** Later than the time that the tests live in, twenty years ahead. */
export const creditExpiry = '2100-11-25T12:00:00Z';

/** Uses up the windows of an account, the short one and the week. */
export function exhaust({ scenario }: Provider, { accountId }: { readonly accountId: string }): void {
  scenario.setUsage(accountId, { fiveHourPercent: 100, weeklyPercent: 100 });
}

/** Gives an account reset credits, of which the first expires first. */
export function grantCredits({ resetCredits }: Provider, { accountId }: { readonly accountId: string }, count: number) {
  for (let number = 1; number <= count; number += 1) {
    const expiresAt = creditExpiry.replace('2100', String(2100 + number - 1));
    resetCredits.grant({ to: accountId, id: `rc_${accountId.slice(0, 4)}_${number}`, expiresAt });
  }
}

/** Alice and Carol, both used up, with two credits each. */
export async function homeWithCredits(provider: Provider, directory: string): Promise<RefreshHome> {
  const seeded = new RefreshHome(directory, provider);
  await seeded.addAccount('acc_home', alice, { ...known, ...personalName });
  await seeded.addAccount('acc_carol', carol, { ...known, ...personalName });
  for (const who of [alice, carol]) {
    exhaust(provider, who);
    grantCredits(provider, who, 2);
  }
  return seeded;
}

interface Unsettled {
  readonly requestId: string;
  readonly account: { readonly id: string };
  readonly creditId?: string;
}

/** The requests that the root remembers without an answer. */
export function unsettledIn({ home }: RefreshHome): Unsettled[] {
  try {
    return JSON.parse(readFileSync(join(home.root, 'redemptions.json'), 'utf8')).unsettled;
  } catch {
    // There has never been a request.
    return [];
  }
}
