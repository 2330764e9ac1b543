import { readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { privateHomesName } from '../storage/paths.js';
import { isSameDirectory, realPath } from '../storage/same-directory.js';

/*
 * A home that this program has made for the runs of one account, in `homes` of the root. Everything in it but the login is
 * a link to the home of the person, so that the links themselves say what it is and whose.
 */

/** The link by which a private home is known: it leads to the root that made it. */
export const rootLinkName = 'multi-auth';
/** Shared in every private home; where it leads tells the home of the person. */
const sharedLinkName = 'sessions';

export interface PrivateHome {
  /** The root that made it. */
  readonly root: string;
  /** The home of the person, with which it shares everything but the login. */
  readonly shares: string;
}

/** Undefined for a home of the person's own. */
export function privateHomeAt(directory: string): PrivateHome | undefined {
  const real = realPath(directory);
  const homes = dirname(real);
  if (basename(homes) !== privateHomesName) return undefined;
  const [root, shared] = [rootLinkName, sharedLinkName].map((name) => linkAt(join(real, name)));
  if (root === undefined || shared === undefined || !isSameDirectory(root, dirname(homes))) return undefined;
  return { root, shares: dirname(shared) };
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No link, or nothing at all: not a home that we made.
    return undefined;
  }
}
