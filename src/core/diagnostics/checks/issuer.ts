import { recordsOf } from '../../pools/scope-records.js';
import { foreignIssuer } from '../../provider/foreign-issuer.js';
import { type Check, judge, type Problem } from '../finding.js';
import { nameSome } from './records.js';

/** Accounts that were signed in somewhere else than where requests go now; nothing is sent for them (P20). */
export const issuerCheck: Check = {
  id: 'issuer',
  title: 'Issuer',
  inspect(world) {
    const { provider } = world;
    const accounts = recordsOf(world.scopes);
    const issuers = new Set(accounts.flatMap((account) => foreignIssuer(account, provider) ?? []));
    const problems = [...issuers].map((issuer): Problem => {
      const theirs = accounts.filter((account) => foreignIssuer(account, provider) === issuer);
      return {
        severity: 'warn',
        message: `${nameSome(theirs)}: signed in at ${issuer}, and their tokens are sent to nobody else, not to ${provider.issuer}`,
        command: `codex-auth login, to sign in at ${provider.issuer}, or set CODEX_AUTH_ISSUER to the other one`,
      };
    });
    return judge(problems, provider.issuer);
  },
};
