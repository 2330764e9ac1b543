import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Account } from '../../src/core/accounts/account.js';
import { readEnvironment } from '../../src/core/environment.js';
import { resolveProvider } from '../../src/core/provider/provider.js';
import { Secret } from '../../src/core/secret.js';
import {
  type ExportFormat,
  type ExportLoss,
  exportFormats,
  exportLogins,
  lossesOf,
} from '../../src/core/transfer/export-logins.js';
import { parseLogins } from '../../src/core/transfer/parse-logins.js';
import { tokenFor } from '../support/unsigned-tokens.js';

const provider = resolveProvider(readEnvironment({}));
const words = fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,12}[A-Za-z]$/);
const second = fc.integer({ min: 1_600_000_000, max: 2_000_000_000 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const login = fc
  .record({
    name: fc.stringMatching(/^[a-z]{1,12}$/),
    workspace: maybe(fc.uuid()),
    iat: second,
    planType: maybe(fc.constantFrom('free', 'plus', 'team')),
    refreshToken: fc.stringMatching(/^rt_[A-Za-z0-9._~+/-]{8,40}$/),
    label: maybe(words),
    enabled: fc.boolean(),
    priority: maybe(fc.constantFrom('first' as const, 'last' as const)),
    lastRefresh: maybe(second),
    apiKey: maybe(fc.constant('sk-of-a-key')),
    isAccessOnly: fc.boolean(),
  })
  .map((facts): Account => {
    const { name, workspace, iat, planType, label, enabled, priority, lastRefresh, apiKey } = facts;
    const identity = { userId: `user-${name}`, email: `${name}@example.com`, accountId: workspace, planType };
    const token = new Secret(tokenFor({ ...identity, iat, exp: iat + 864_000 }));
    const known = { accountId: workspace, planType, label, priority };
    return {
      id: `acc_${name}`,
      ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as Partial<Account>),
      userId: identity.userId,
      email: identity.email,
      enabled,
      tokens: {
        generation: 0,
        accessToken: token,
        idToken: token,
        expiresAt: (iat + 864_000) * 1000,
        ...(facts.isAccessOnly ? {} : { refreshToken: new Secret(facts.refreshToken) }),
        ...(lastRefresh === undefined ? {} : { lastRefresh: lastRefresh * 1000 }),
      },
      ...(apiKey === undefined ? {} : { authFile: { top: { OPENAI_API_KEY: apiKey }, tokens: {} } }),
      raw: {},
    };
  });

/** The facts about an account that its exported file has to bring back. */
function factsOf(account: Account, format: ExportFormat, lost: readonly ExportLoss[]) {
  const { userId, accountId, email, planType, tokens } = account;
  const has = (loss: ExportLoss) => !lost.includes(loss);
  return {
    identity: { userId, accountId, email, planType },
    refreshToken: tokens.refreshToken?.reveal(),
    accessToken: tokens.accessToken?.reveal(),
    expiresAt: tokens.expiresAt,
    idToken: has('id-token') ? tokens.idToken?.reveal() : undefined,
    // An auth.json always has a time; opencode has no place for one.
    lastRefresh: format === 'auth' || format === 'opencode' ? undefined : tokens.lastRefresh,
    label: has('label') ? account.label : undefined,
    enabled: has('disabled') ? account.enabled : undefined,
    priority: has('order-of-use') ? account.priority : undefined,
    apiKey: has('auth-file') ? (account.authFile?.top['OPENAI_API_KEY'] ?? undefined) : undefined,
  };
}

it.each(exportFormats)(
  'a login that is exported as %s and read again is the same, as far as the format says',
  (format) => {
    const accounts = fc.uniqueArray(login, { maxLength: 4, selector: ({ userId }) => userId });
    fc.assert(
      fc.property(accounts, (all) => {
        const { files, refused } = exportLogins(all, { format, provider, now: 0 });
        const exported = all.filter((account) => !refused.some((each) => each.account === account));
        // Only opencode has no file for a login, namely for one without a refresh token.
        expect(refused.every(({ account }) => format === 'opencode' && account.tokens.refreshToken === undefined)).toBe(
          true,
        );
        const read = files.flatMap(({ content }) => parseLogins(content).logins);
        const found = read.flatMap(({ login }) => (login.kind === 'login' ? [login.account] : []));
        expect(found).toHaveLength(exported.length);
        for (const [index, account] of exported.entries()) {
          const lost = lossesOf(account, format);
          expect(factsOf(found[index] as Account, format, lost)).toEqual(factsOf(account, format, lost));
        }
      }),
    );
  },
);
