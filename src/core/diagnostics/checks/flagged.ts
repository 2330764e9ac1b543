import { toIso } from '../../instant.js';
import { placeName } from '../../logins/copies.js';
import { isDeadToken } from '../../logins/flagging.js';
import { type Check, judge, type Problem } from '../finding.js';
import { explainLoss } from '../forensics.js';
import type { World } from '../world/world.js';
import { flaggedAccounts } from './records.js';

export const flaggedCheck: Check = {
  id: 'flagged',
  title: 'Accounts set aside',
  inspect(world) {
    return judge(
      flaggedAccounts(world).map((account) => problemOf(account, world)),
      'none',
    );
  },
};

function problemOf(account: ReturnType<typeof flaggedAccounts>[number], world: World): Problem {
  const { email, id, flag, tokens } = account;
  const isUsable = tokens.expiresAt !== undefined && tokens.expiresAt > world.now;
  const until = isUsable ? `, usable until ${toIso(tokens.expiresAt ?? 0)}` : '';
  const { story, alive } = explainLoss(account, world);
  const name = email ?? id;
  const since = `${flag.reason}, set aside ${new Date(flag.at).toISOString()}`;
  const message = `${name}: ${since}${until}${story === '' ? '' : `; ${story}`}`;
  if (alive !== undefined) {
    const from = placeName(alive);
    return { severity: 'warn', message, repair: { kind: 'adopt-newest', accountId: id, name, from } };
  }
  const command = isDeadToken(account)
    ? 'codex-auth login, to sign in to it again; codex-auth verify-flagged tries what is stored once more'
    : 'codex-auth verify-flagged';
  return { severity: 'warn', message, command };
}
