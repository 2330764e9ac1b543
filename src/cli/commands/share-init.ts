import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { databaseAddress } from '../../core/sharing/address.js';
import { type KeyPlace, keepShareKey, readShareKey, shareKeyPlace } from '../../core/sharing/key-store.js';
import { initShare, joinShare } from '../../core/sharing/membership.js';
import { phraseOf } from '../../core/sharing/recovery-phrase.js';
import { readShare, type ShareState } from '../../core/sharing/share-file.js';
import { newShareKey } from '../../core/sharing/share-key.js';
import { joinedAlready } from '../../core/sharing/share-problem.js';
import type { ShareDeps } from '../../core/sharing/share-session.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { callShare } from '../sharing/share-call.js';
import { phraseLines, shareSecrets } from '../sharing/share-secrets.js';
import { MachineView, machineName } from '../sharing/share-view.js';

const ShareInitResult = z.object({
  /** Without user and password. */
  database: z.string(),
  machine: MachineView,
  /** Names the key, and says nothing of it. */
  keyId: z.string(),
  keyPlace: z.enum(['file', 'keyring']),
  /** The key as words: with it and the database, anybody has every shared login. */
  recoveryPhrase: z.string(),
});
type ShareInitResult = z.infer<typeof ShareInitResult>;

export interface ShareInitOptions {
  readonly url?: string;
  /** What the other machines call this one. */
  readonly name?: string;
  readonly keyring?: boolean;
}

async function initialize(context: Context, options: ShareInitOptions): Promise<ShareInitResult> {
  const { root } = context;
  if (readShare(root) !== undefined) throw joinedAlready();
  const name = machineName(context, options.name);
  const url = await shareSecrets(context, options).address();
  const { shown } = databaseAddress(url);
  const { key, place } = await keyForNewPool(context, options);
  const { machine } = await callShare(context, 'Making the shared pool', (deps, deadlineMs) =>
    makePool({ ...deps, key: async () => key }, { url, key, machineName: name, deadlineMs }),
  );
  return {
    database: shown,
    machine: { id: machine.id, name },
    keyId: key.id,
    keyPlace: place,
    recoveryPhrase: (await phraseOf(key)).reveal(),
  };
}

/**
 * The key is kept before there is a pool, so that no pool is ever without its key. One that an earlier `init` has left,
 * which never learned whether its pool was made, is used again.
 */
async function keyForNewPool({ root }: Context, { keyring }: ShareInitOptions) {
  const place: KeyPlace = keyring === true ? 'keyring' : 'file';
  const kept = shareKeyPlace(root);
  const key = kept === undefined ? newShareKey() : readShareKey(root);
  if (kept !== place) await keepShareKey(root, key, place);
  return { key, place };
}

async function makePool(deps: ShareDeps, pool: Parameters<typeof initShare>[1]): Promise<ShareState> {
  try {
    return await initShare(deps, pool);
  } catch (error) {
    const isThere = error instanceof AppError && error.details?.['reason'] === 'already-there';
    if (!isThere) throw error;
    // The pool that is there is ours where it opens with our key: the answer to an earlier attempt was lost.
    try {
      await joinShare(deps, pool);
    } catch {
      throw error;
    }
    const state = readShare(deps.root);
    if (state === undefined) throw error;
    return state;
  }
}

function renderInit({ database, machine, keyPlace, recoveryPhrase }: ShareInitResult, theme: Theme): string {
  const { color, symbols } = theme;
  const place = keyPlace === 'keyring' ? 'the keyring of this system' : 'a file that only you can read';
  return [
    `${color.green(symbols.ok)} Made a shared pool in ${database}; this machine is called ${machine.name} there\n`,
    `\nThe recovery phrase. Write it down: every machine that joins asks for it, and without it and\n`,
    `without this machine nobody can open the pool again. Its key is in ${place}.\n\n`,
    phraseLines(recoveryPhrase),
    `\nNext: codex-auth share add --all, and codex-auth share join on the other machines\n`,
  ].join('');
}

export const shareInitCommand: Command<ShareInitOptions, ShareInitResult> = {
  name: 'share-init',
  schema: ShareInitResult,
  run: initialize,
  render: renderInit,
};
