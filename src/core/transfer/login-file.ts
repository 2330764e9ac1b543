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
  /** As the person called it. */
  readonly file: string;
  readonly format?: LoginFormat;
  /** 1-based, in a file that holds a list. */
  readonly record?: number;
  /** The name it is kept under, in a file that holds logins by name. */
  readonly member?: string;
}

export interface PlacedLogin {
  readonly place: LoginPlace;
  readonly login: ParsedLogin;
}

/** A login as the account it would become here. */
export interface FoundLogin {
  readonly kind: 'login';
  readonly account: Account;
  /** It is set aside where it comes from, and will be here. */
  readonly flag?: Flag;
  /** It is the one in use there. */
  readonly isActive?: boolean;
  /** Where it stands in the person's own order there. */
  readonly order?: number;
}

export interface RefusedLogin {
  readonly kind: 'refused';
  readonly reason: ImportRefusal;
  /** As far as the file says whose it is. */
  readonly account?: Account;
  /** More words for the reason. */
  readonly detail?: string;
}

/** Nothing for this program, and no fault: a login of another provider, or a file that holds none. */
export interface PassedLogin {
  readonly kind: 'passed';
  readonly reason: PassingReason;
}

export type ParsedLogin = FoundLogin | RefusedLogin | PassedLogin;

/** A login in its file, without the name of that. */
export interface FiledLogin {
  readonly place: Omit<LoginPlace, 'file'>;
  readonly login: ParsedLogin;
}
