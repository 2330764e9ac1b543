import { randomBytes, randomUUID } from 'node:crypto';

/** Why a login no longer works; `accessTokens` says whether the backend refuses the ones already issued. */
export type AccountState =
  | { readonly kind: 'active' }
  | { readonly kind: 'revoked'; readonly code: string; readonly accessTokens: 'live' | 'refused' }
  | { readonly kind: 'deleted' };

/** One person's membership of one workspace: what a login is for. */
export interface Account {
  /** `userId/accountId`, the subject that the OAuth server knows. */
  readonly key: string;
  readonly userId: string;
  readonly email: string;
  readonly accountId: string;
  readonly workspaceName: string;
  readonly structure: 'personal' | 'workspace';
  planType: string;
  state: AccountState;
}

export interface Person {
  readonly userId: string;
  readonly email: string;
}

export interface NewAccount {
  readonly email: string;
  /** Invented when absent; give another account's id to make two persons share a workspace. */
  readonly accountId?: string;
  readonly userId?: string;
  readonly workspaceName?: string;
  readonly structure?: 'personal' | 'workspace';
  readonly planType?: string;
}

/** Names an account; without `accountId` it is the person's first one. */
export interface AccountRef {
  readonly email: string;
  readonly accountId?: string;
}

/** Everybody the stand-in knows. */
export class People {
  readonly #persons = new Map<string, Person>();
  readonly #accounts = new Map<string, Account>();

  addPerson(person: { readonly email: string; readonly userId?: string }): Person {
    const known = this.#persons.get(person.email);
    if (known !== undefined) return known;
    const added = { email: person.email, userId: person.userId ?? `user-${randomBytes(12).toString('base64url')}` };
    this.#persons.set(added.email, added);
    return added;
  }

  /** Adds a workspace to a person, and the person when new. */
  addAccount(account: NewAccount): Account {
    const { userId, email } = this.addPerson(account);
    const accountId = account.accountId ?? randomUUID();
    const structure = account.structure ?? 'personal';
    const added: Account = {
      key: `${userId}/${accountId}`,
      userId,
      email,
      accountId,
      structure,
      workspaceName: account.workspaceName ?? (structure === 'personal' ? 'Personal' : 'Workspace'),
      planType: account.planType ?? (structure === 'personal' ? 'plus' : 'team'),
      state: { kind: 'active' },
    };
    this.#accounts.set(added.key, added);
    return added;
  }

  /** Throws when nobody is meant: a test that names a stranger has a typing error. */
  find(ref: AccountRef): Account {
    const found = this.all().find(
      (account) => account.email === ref.email && (ref.accountId === undefined || account.accountId === ref.accountId),
    );
    if (found === undefined) throw new Error(`the stand-in knows no ${ref.email} ${ref.accountId ?? ''}`);
    return found;
  }

  byKey(key: string): Account | undefined {
    return this.#accounts.get(key);
  }

  all(): Account[] {
    return [...this.#accounts.values()];
  }

  clear(): void {
    this.#persons.clear();
    this.#accounts.clear();
  }
}

const STUDIO = '33333333-3333-4333-8333-333333333333';

/** One person with two workspaces, a colleague in the second of them, and somebody on her own. */
export const demoPeople: readonly NewAccount[] = [
  {
    email: 'alice@example.com',
    userId: 'user-alice',
    accountId: '11111111-1111-4111-8111-111111111111',
    planType: 'plus',
  },
  {
    email: 'alice@example.com',
    accountId: STUDIO,
    workspaceName: 'Studio',
    structure: 'workspace',
    planType: 'team',
  },
  {
    email: 'bob@example.com',
    userId: 'user-bob',
    accountId: STUDIO,
    workspaceName: 'Studio',
    structure: 'workspace',
    planType: 'team',
  },
  {
    email: 'carol@example.com',
    userId: 'user-carol',
    accountId: '44444444-4444-4444-8444-444444444444',
    planType: 'pro',
  },
];
