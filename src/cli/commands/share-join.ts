import * as z from 'zod/mini';
import { databaseAddress } from '../../core/sharing/address.js';
import { exchange } from '../../core/sharing/exchange.js';
import type { ExchangeReport } from '../../core/sharing/exchange-report.js';
import { type KeyPlace, keepShareKey, readShareKey, shareKeyPlace } from '../../core/sharing/key-store.js';
import { changeAddress, joinShare } from '../../core/sharing/membership.js';
import { keyFromPhrase } from '../../core/sharing/recovery-phrase.js';
import { readShare, type ShareState } from '../../core/sharing/share-file.js';
import { joinedAlready, notJoined } from '../../core/sharing/share-problem.js';
import { wrongKey } from '../../core/sharing/share-session.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { ExchangeView, exchangeView, renderExchange } from '../sharing/exchange-view.js';
import { callShare } from '../sharing/share-call.js';
import { type SecretSources, shareSecrets } from '../sharing/share-secrets.js';
import { MachineView, machineName } from '../sharing/share-view.js';

const ShareJoinResult = z.object({
  /** Without user and password. */
  database: z.string(),
  machine: MachineView,
  keyPlace: z.enum(['file', 'keyring']),
  /** False where this machine was in the pool already, and has got its key back or another address. */
  joined: z.boolean(),
  exchange: ExchangeView,
});
type ShareJoinResult = z.infer<typeof ShareJoinResult>;

export interface ShareJoinOptions extends SecretSources {
  /** What the other machines call this one. */
  readonly name?: string;
  readonly keyring?: boolean;
}

async function join(context: Context, options: ShareJoinOptions): Promise<ShareJoinResult> {
  const { root } = context;
  const before = readShare(root);
  const report = await (before === undefined ? enter(context, options) : comeBack(context, options, before));
  const state = readShare(root);
  if (state === undefined) throw notJoined();
  const { id, name } = state.machine;
  return {
    database: databaseAddress(state.url).shown,
    machine: { id, name },
    keyPlace: shareKeyPlace(root) ?? placeOf(options),
    joined: before === undefined,
    exchange: exchangeView(report, context),
  };
}

async function enter(context: Context, options: ShareJoinOptions): Promise<ExchangeReport> {
  const { root } = context;
  const name = machineName(context, options.name);
  const secrets = shareSecrets(context, options);
  const url = await secrets.address();
  // What is wrong with the address is said before the phrase is asked for.
  databaseAddress(url);
  const key = await keyFromPhrase(await secrets.phrase());
  return callShare(context, 'Joining the shared pool', async (deps, deadlineMs) => {
    try {
      return await joinShare(deps, { machineName: name, deadlineMs, url, key });
    } finally {
      // The key is kept also where this machine has joined and the first exchange has failed.
      if (readShare(root) !== undefined) await keepShareKey(root, key, placeOf(options));
    }
  });
}

/** Joins again with a machine that is in the pool: with its key again, at another address, or both. */
async function comeBack(context: Context, options: ShareJoinOptions, before: ShareState): Promise<ExchangeReport> {
  const isKeyHere = shareKeyPlace(context.root) !== undefined;
  if (isKeyHere && options.url === undefined) throw joinedAlready();
  const secrets = shareSecrets(context, options);
  const url = options.url === undefined ? before.url : await secrets.address();
  const key = isKeyHere ? readShareKey(context.root) : await keyFromPhrase(await secrets.phrase());
  if (key.id !== before.keyId) throw wrongKey();
  return callShare(context, 'Exchanging', async (deps, deadlineMs) => {
    if (!url.equals(before.url)) await changeAddress({ ...deps, key: async () => key }, url, deadlineMs);
    if (!isKeyHere) await keepShareKey(context.root, key, placeOf(options));
    return exchange(deps, { deadlineMs });
  });
}

function placeOf({ keyring }: ShareJoinOptions): KeyPlace {
  return keyring === true ? 'keyring' : 'file';
}

function renderJoin({ database, machine, joined, exchange: news }: ShareJoinResult, theme: Theme): string {
  const { color, symbols } = theme;
  const head = joined
    ? `Joined the shared pool in ${database}; this machine is called ${machine.name} there`
    : `This machine exchanges with the shared pool in ${database} again`;
  const next = joined ? 'Next: codex-auth list, and codex-auth share take <account> for what is to be kept here\n' : '';
  return `${color.green(symbols.ok)} ${head}\n${renderExchange(news, theme)}${next}`;
}

export const shareJoinCommand: Command<ShareJoinOptions, ShareJoinResult> = {
  name: 'share-join',
  schema: ShareJoinResult,
  run: join,
  render: renderJoin,
};
