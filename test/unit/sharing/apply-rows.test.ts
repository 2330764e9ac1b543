import { describe, expect, it } from 'vitest';
import { readClaims } from '../../../src/core/accounts/jwt-claims.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { Secret } from '../../../src/core/secret.js';
import { type Arrival, applyRows } from '../../../src/core/sharing/apply-rows.js';
import { alice, RefreshHome } from '../../support/refresh-home.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { useProvider } from '../../support/use-provider.js';

const provider = useProvider();

/** A login of Alice as it comes from the pool, for which the plan had found no record. */
async function arrivalOfAlice(change: Partial<Arrival> = {}): Promise<Arrival> {
  const tokens = await provider.issueTokens({ ...alice, issuedAt: Date.now() - 3_600_000 });
  const { userId, accountId, email } = readClaims(tokens.id_token) ?? {};
  const accessToken = new Secret(tokens.access_token);
  const login = { userId, accountId, email, tokens: { generation: 1, accessToken } } as Arrival['login'];
  return { rowId: 'row', login, refreshToken: undefined, account: undefined, ...change };
}

function apply({ root }: RefreshHome, arrival: Arrival) {
  return withStore(root, {}, (store) => applyRows(store, { arrivals: [arrival], removals: [], notes: [] }));
}

describe('a login that comes from the pool', () => {
  it('is a new account where there is none of it', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    const { accountIds } = await apply(home, await arrivalOfAlice());
    expect(home.records().map(({ recordId }) => recordId)).toEqual([accountIds.get('row')]);
  });

  it('is the account that somebody has signed in to since the plan was made', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    const { refresh_token } = await home.addAccount('acc_alice', alice);
    const { accountIds } = await apply(home, await arrivalOfAlice());
    expect(accountIds.get('row')).toBe('acc_alice');
    expect(home.records()).toMatchObject([{ recordId: 'acc_alice', refreshToken: refresh_token }]);
  });

  it('takes the place of that sign-in, which is kept, where this machine becomes its keeper', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    const { refresh_token = '' } = await home.addAccount('acc_alice', alice);
    await apply(home, await arrivalOfAlice({ refreshToken: new Secret('the token of the pool') }));
    expect(home.records()).toMatchObject([{ recordId: 'acc_alice', refreshToken: 'the token of the pool' }]);
    expect(home.kept().filter((text) => text.includes(refresh_token))).toHaveLength(1);
  });

  it('is a new account where the one of the plan was removed meanwhile', async () => {
    const home = new RefreshHome(temporaryDirectory(), provider);
    await home.addAccount('acc_alice', alice);
    const account = home.account('acc_alice');
    await withStore(home.root, {}, (store) =>
      store.savePool(undefined, { ...store.scope(undefined).pool, accounts: [] }),
    );
    await apply(home, await arrivalOfAlice({ account }));
    expect(home.records()).toHaveLength(1);
    expect(home.records()[0]?.recordId).not.toBe('acc_alice');
  });
});
