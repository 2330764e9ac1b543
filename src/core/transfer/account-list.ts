import type { Account } from '../accounts/account.js';

/** Accounts in their order, found by their ids. Of several with one id the first is found, and the others stay. */
export class AccountList<A extends Account> {
  private readonly accounts: A[];
  private readonly positions = new Map<string, number>();

  constructor(accounts: readonly A[]) {
    this.accounts = [...accounts];
    for (const [position, { id }] of accounts.entries()) {
      if (!this.positions.has(id)) this.positions.set(id, position);
    }
  }

  all(): readonly A[] {
    return [...this.accounts];
  }

  some(ids: readonly string[]): readonly A[] {
    return ids.flatMap((id) => this.get(id) ?? []);
  }

  get(id: string): A | undefined {
    const position = this.positions.get(id);
    return position === undefined ? undefined : this.accounts[position];
  }

  positionOf(id: string): number | undefined {
    return this.positions.get(id);
  }

  /** In its place, or at the end. */
  put(account: A): void {
    const position = this.positions.get(account.id) ?? this.accounts.length;
    this.positions.set(account.id, position);
    this.accounts[position] = account;
  }
}
