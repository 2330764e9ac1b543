import { definedOnly } from '../core/defined-only.js';
import { describeAccountRepair } from '../core/diagnostics/account-repairs/repair.js';
import { bindingQuota } from '../core/quota/binding-quota.js';
import { toQuotaView } from '../core/quota/snapshot.js';
import type { Renewal } from '../core/renewal/renewal.js';
import { describeFailure } from '../core/session/failure.js';
import type { Session } from '../core/session/session.js';
import type { ReadUsage } from '../core/session/usage.js';
import type { CodexAuth } from './codex-auth.js';
import type { AccountUsage, RenewedLogin } from './results.js';

type UseCases = Pick<
  CodexAuth,
  | 'signIn'
  | 'usage'
  | 'check'
  | 'forecast'
  | 'best'
  | 'switchTo'
  | 'fix'
  | 'verifyFlagged'
  | 'renew'
  | 'models'
  | 'doctor'
>;

/** The use cases of the command line, each loaded when it is first called. */
export function callsOf(session: Session): UseCases {
  return {
    async signIn(request) {
      const { signIn } = await import('../core/sign-in/sign-in.js');
      const { account, outcome } = await signIn(session, request);
      return { id: account.id, outcome };
    },
    async usage(request = {}) {
      const { readUsage } = await import('../core/session/usage.js');
      return usagesOf(await readUsage(session, request), session.clock.now());
    },
    async check(request = {}) {
      const { checkAccounts, failureOfCheck } = await import('../core/session/check.js');
      const { answers } = await checkAccounts(session, request);
      return answers.map((answer) => {
        const failure = failureOfCheck(answer);
        return definedOnly({ id: answer.account.id, isFine: failure === undefined, failure });
      });
    },
    async forecast(request = {}) {
      const { forecast } = await import('../core/session/forecast.js');
      return (await forecast(session, request)).decision;
    },
    async best(request = {}) {
      const { chooseBest } = await import('../core/session/best.js');
      const { chosen, decision, activated } = await chooseBest(session, request);
      const { recommendation, nextAvailable } = decision;
      const reason = chosen === undefined ? undefined : recommendation?.reason;
      return definedOnly({ id: chosen?.account.id, reason, nextAvailable, switched: activated?.changed });
    },
    async switchTo(selector, { replace = false } = {}) {
      const { locateAnywhere, openRoster } = await import('../core/session/selection.js');
      const { switchAccount } = await import('../core/session/activation.js');
      const roster = openRoster(session, session.writingScope());
      const { account, scopeKey } = locateAnywhere(session, roster, selector);
      const target = { account, scopeKey, choosingScopeKey: roster.records.key };
      const activated = await switchAccount(session, target, { replace });
      const { previous, changed, keptFile } = activated;
      return definedOnly({ id: activated.account.id, previousId: previous?.id, changed, keptFile });
    },
    async fix({ dryRun = false } = {}) {
      const { fixAccounts } = await import('../core/session/account-fixing.js');
      const { repairs } = await fixAccounts(session, dryRun);
      return repairs.map(({ repair, account, outcome, problem }) =>
        definedOnly({ id: account?.id, what: describeAccountRepair(repair), outcome, failure: problem }),
      );
    },
    async verifyFlagged({ restore = true } = {}) {
      const { verifyFlagged } = await import('../core/session/flagged-verification.js');
      const verified = await verifyFlagged(session, { restore, probe: true });
      return verified.map(({ account: { id }, outcome, reason }) => definedOnly({ id, outcome, reason }));
    },
    async renew(targets = [], choices = {}) {
      const { renew } = await import('../core/session/renew-all.js');
      const { results, targets: asked } = await renew(session, { targets, ...choices });
      const unusable = asked.files.flatMap(({ path, problem }) =>
        problem === undefined ? [] : [{ path, ...renewedOf(problem) }],
      );
      const renewed = results.flatMap(({ accounts, files }) => [
        ...[...accounts].map(([id, renewal]) => ({ id, ...renewedOf(renewal) })),
        ...[...files].map(([path, renewal]) => ({ path, ...renewedOf(renewal) })),
      ]);
      return [...renewed, ...unusable];
    },
    models: async (request = {}) => (await import('./models.js')).tryAll(session, request),
    async doctor(choices = {}) {
      const { diagnose } = await import('../core/session/diagnosis.js');
      const { rows } = await diagnose(session, choices);
      return rows.map(({ problems, ...row }) => ({
        ...row,
        commands: [...new Set(problems.flatMap(({ command }) => command ?? []))],
      }));
    },
  };
}

function usagesOf({ asked, probed }: ReadUsage, now: number): AccountUsage[] {
  return asked.map(({ account: { id } }) => {
    const known = probed.roster.state.accounts[id]?.quota;
    const probe = probed.probes.get(id);
    return definedOnly({
      id,
      quota: known && toQuotaView(bindingQuota(known, now), probed.sourceOf(id), now),
      failure: probe === undefined || probe.kind === 'usage' ? undefined : describeFailure(probe),
    });
  });
}

function renewedOf(renewal: Renewal): Omit<RenewedLogin, 'id' | 'path'> {
  switch (renewal.kind) {
    case 'renewed':
      return { outcome: 'renewed' };
    case 'skipped':
      return { outcome: 'skipped', reason: renewal.reason };
    case 'failed':
      return { outcome: 'failed', failure: renewal.problem };
  }
}
