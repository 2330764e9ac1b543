import type { Account, Flag } from '../accounts/account.js';
import type { ImportRefusal, PassingReason } from './refusal.js';

/**
 * `codex`: an `auth.json`; `flat`: a token file; `pool`: accounts of this family, usable or set aside; `opencode`: tokens
 * as opencode and pi keep them; `record`: a login in any other spelling.
 */
export const loginFormats = ['codex', 'flat', 'pool', 'opencode', 'record'] as const;
export type LoginFormat = (typeof loginFormats)[number];

/** Where a login was found. */
export interface LoginPlace {
  /** The name by which the person gave the file. */
  readonly file: string;
  readonly format?: LoginFormat;
  /** 1-based position, in a file that holds a list. */
  readonly record?: number;
  /** The name it is kept under, in a file that holds logins by name. */
  readonly member?: string;
}

export interface PlacedLogin {
  readonly place: LoginPlace;
  readonly login: ParsedLogin;
}

/** A login, as the account that it would become in this root. */
export interface FoundLogin {
  readonly kind: 'login';
  readonly account: Account;
  /** It is set aside where it comes from, and is imported as set aside. */
  readonly flag?: Flag;
  /** It is in use where it comes from. */
  readonly isActive?: boolean;
  /** Its place in the person's own order, where it comes from. */
  readonly order?: number;
}

export interface RefusedLogin {
  readonly kind: 'refused';
  readonly reason: ImportRefusal;
  /** Present where the file says whose login it is. */
  readonly account?: Account;
  /** More words for the reason. */
  readonly detail?: string;
}

/** A login of another provider, or a file without logins: nothing to import, and no error. */
export interface PassedLogin {
  readonly kind: 'passed';
  readonly reason: PassingReason;
}

export type ParsedLogin = FoundLogin | RefusedLogin | PassedLogin;

/** A login with its place in a file, but without the file's name. */
export interface FiledLogin {
  readonly place: Omit<LoginPlace, 'file'>;
  readonly login: ParsedLogin;
}
