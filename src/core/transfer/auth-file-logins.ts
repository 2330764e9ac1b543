import { newAccountId } from '../accounts/account.js';
import { type AuthFileLogin, judgeAuthFile } from '../codex/auth-file.js';
import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { readText } from '../storage/tolerant.js';
import type { FoundLogin, ParsedLogin } from './login-file.js';
import { readStatedLogin, withStatedNames } from './read-stated-login.js';
import { type Members, membersOf, providerIn, providerNamed, tokensIn } from './stated-members.js';
import type { Surroundings } from './surroundings.js';

/** Whether an object keeps its tokens as an `auth.json` does, in an object of their own. */
export function isAuthFile(members: Members): boolean {
  const tokens = members.get('tokens');
  return isJsonObject(tokens) && tokensIn(membersOf(tokens)) !== undefined;
}

/** As the official client reads it, if it would; else by what its members say. */
export function authFileLogin(object: JsonObject, members: Members, around: Surroundings): ParsedLogin {
  const content = judgeAuthFile(object);
  if (content === undefined) return { kind: 'passed', reason: 'nothing-there' };
  if (content.kind === 'login') return withStatedNames(foundLogin(content.login), members, around);
  if (content.reason !== 'damaged') return { kind: 'refused', reason: content.reason };
  const tokens = members.get('tokens');
  const inner = isJsonObject(tokens) ? membersOf(tokens) : members;
  const login = readStatedLogin(inner, { ...around, objects: [members, ...around.objects] });
  // Why it is no login for the client says more than what else it lacks.
  return login.kind === 'refused' && login.reason !== 'account-mismatch'
    ? { kind: 'refused', reason: 'damaged' }
    : login;
}

function foundLogin({ identity, tokens, extras, provenance }: AuthFileLogin): FoundLogin {
  const { userId, accountId, email, planType } = identity;
  const known = definedOnly({ userId, accountId, email, planType, provenance });
  return { kind: 'login', account: { id: newAccountId(), enabled: true, raw: {}, ...known, tokens, authFile: extras } };
}

const otherSecrets = [
  'OPENAI_API_KEY',
  'personal_access_token',
  'agent_identity',
  'bedrock_api_key',
  'bedrock_access_keys',
  'tokens',
];

/**
 * An API key or another kind of login that has no tokens to renew; undefined where the object is none. In an `auth.json`
 * that was named it is refused; among the logins of another tool it is passed over.
 */
export function otherLogin(object: JsonObject, members: Members, around: Surroundings): ParsedLogin | undefined {
  if (otherSecrets.some((key) => key in object)) {
    const content = judgeAuthFile(object);
    if (content?.kind !== 'unadoptable') return undefined;
    const isNamed = around.path.length === 0 || content.reason === 'damaged';
    return isNamed ? { kind: 'refused', reason: content.reason } : { kind: 'passed', reason: 'no-chatgpt-login' };
  }
  if (readText(members.get('type')) === undefined || readText(members.get('key')) === undefined) return undefined;
  const provider = providerIn(members) ?? providerNamed(around.key);
  return { kind: 'passed', reason: provider === 'other' ? 'other-provider' : 'no-chatgpt-login' };
}
