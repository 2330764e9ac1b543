import { readClaims } from '../accounts/jwt-claims.js';
import { emptyFlaggedPool, emptyPool, type FlaggedPool, type Pool } from '../accounts/pool.js';
import { parseJsonText } from '../json-text.js';
import { record } from '../storage/tolerant.js';
import { decodeFlagged, decodePool } from './pool-codec.js';

/**
 * What can still be read in a damaged pool: the records that are whole. It is newer than any backup, so it may hold the
 * only copy of the newest tokens. Pure.
 */
export function salvagedPool(content: string): Pool {
  const accounts = wholeObjects(content, 'accounts').filter(isPlausible);
  const decoded = decodePool({ version: 3, accounts, removed: wholeObjects(content, 'removed') });
  return decoded.kind === 'ok' ? { ...decoded.value, raw: {} } : emptyPool;
}

export function salvagedFlagged(content: string): FlaggedPool {
  const decoded = decodeFlagged({ version: 1, accounts: wholeObjects(content, 'accounts').filter(isPlausible) });
  return decoded.kind === 'ok' ? { ...decoded.value, raw: {} } : emptyFlaggedPool;
}

/** A login whose tokens read as tokens: what damaged the file may have damaged them too. */
function isPlausible(entry: unknown): boolean {
  const fields = record.safeParse(entry);
  if (!fields.success || JSON.stringify(entry).includes('\ufffd')) return false;
  const { refreshToken, accessToken } = fields.data;
  const isLogin = typeof refreshToken === 'string' && /^[\x21-\x7e]{8,}$/.test(refreshToken);
  return isLogin && (typeof accessToken !== 'string' || isWholeToken(accessToken));
}

function isWholeToken(token: string): boolean {
  const looksLikeJwt = token.startsWith('eyJ') && token.includes('.');
  return looksLikeJwt ? readClaims(token) !== undefined : /^[\x21-\x7e]{8,}$/.test(token);
}

/** The objects in the list of that name that parse, up to where the damage begins. */
function wholeObjects(content: string, list: string): unknown[] {
  const start = new RegExp(`"${list}"\\s*:\\s*\\[`).exec(content);
  if (start === null) return [];
  const objects: unknown[] = [];
  let position = start.index + start[0].length;
  for (;;) {
    const next = /^[\s,]*(?=\{)/.exec(content.slice(position, position + 4_096));
    if (next === null) return objects;
    position += next[0].length;
    const end = endOfObject(content, position);
    if (end === undefined) return objects;
    objects.push(...parsed(content.slice(position, end)));
    position = end;
  }
}

/** The position after the brace that closes the object which begins here. */
function endOfObject(content: string, start: number): number | undefined {
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}]/gs;
  tokens.lastIndex = start;
  for (let token = tokens.exec(content); token !== null; token = tokens.exec(content)) {
    if (token[0] === '{') depth += 1;
    else if (token[0] === '}') depth -= 1;
    if (depth === 0) return tokens.lastIndex;
  }
  return undefined;
}

function parsed(text: string): unknown[] {
  try {
    return [parseJsonText(text)];
  } catch {
    // Damaged inside: a backup may have this one.
    return [];
  }
}
