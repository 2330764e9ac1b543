import * as z from 'zod/mini';
import { whileWaiting } from '../../core/session/session.js';
import { shareDeps } from '../../core/session/share-access.js';
import { databaseAddress } from '../../core/sharing/address.js';
import { exchange } from '../../core/sharing/exchange.js';
import type { ExchangeReport } from '../../core/sharing/exchange-report.js';
import { type KeyPlace, keepShareKey, shareKeyPlace } from '../../core/sharing/key-store.js';
import { joinShare } from '../../core/sharing/membership.js';
import { keyFromPhrase } from '../../core/sharing/recovery-phrase.js';
import { readShare, type ShareState } from '../../core/sharing/share-file.js';
import type { ShareKey } from '../../core/sharing/share-key.js';
import { joinedAlready, notJoined } from '../../core/sharing/share-problem.js';
import { wrongKey } from '../../core/sharing/share-session.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';
import { ExchangeView, exchangeView, renderExchange } from '../sharing/exchange-view.js';
import { MachineView } from '../sharing/machine-view.js';
import { accountNames } from '../sharing/named-accounts.js';
import { shareDeadlineMs } from '../sharing/share-deadline.js';
import { type SecretSources, shareSecrets } from '../sharing/share-secrets.js';

const ShareJoinResult = z.object({
  /** Without user and password. */
  database: z.string(),
  machine: MachineView,
  keyPlace: z.enum(['file', 'keyring']),
  /** False where this machine was in the pool already and had only lost its key. */
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
  if (before !== undefined && shareKeyPlace(root) !== undefined) throw joinedAlready();
  const place: KeyPlace = options.keyring === true ? 'keyring' : 'file';
  const secrets = shareSecrets(context, options);
  // The address is known where only the key has been lost.
  const url = before?.url ?? (await secrets.address());
  const { shown } = databaseAddress(url);
  const key = await keyFromPhrase(await secrets.phrase());
  const machineName = options.name ?? context.machine.processes.self.host;
  const deps = { ...shareDeps(context), key: async () => key };
  const joining = context.uninterrupted(async () => {
    if (before !== undefined) return bringBackKey(context, before, key, place);
    try {
      return await joinShare(deps, { url, key, machineName });
    } finally {
      // Also where it has joined and the first exchange has failed.
      if (readShare(root) !== undefined) await keepShareKey(root, key, place);
    }
  });
  const report = await whileWaiting(context, 'Joining the shared pool', joining);
  const state = readShare(root);
  if (state === undefined) throw notJoined();
  return {
    database: shown,
    machine: state.machine,
    keyPlace: place,
    joined: before === undefined,
    exchange: exchangeView(report, () => accountNames(context)),
  };
}

/** For a machine that is in the pool and has lost its key. */
async function bringBackKey(
  context: Context,
  { keyId }: ShareState,
  key: ShareKey,
  place: KeyPlace,
): Promise<ExchangeReport> {
  if (key.id !== keyId) throw wrongKey();
  await keepShareKey(context.root, key, place);
  return exchange(shareDeps(context), { deadlineMs: shareDeadlineMs(context) });
}

function renderJoin({ database, machine, joined, exchange: news }: ShareJoinResult, theme: Theme): string {
  const { color, symbols } = theme;
  const head = joined
    ? `Joined the shared pool in ${database}; this machine is called ${machine.name} there`
    : `The key of the shared pool in ${database} is here again`;
  const next = 'Next: codex-auth list, and codex-auth share take <account> for what is to be kept here';
  return `${color.green(symbols.ok)} ${head}\n${renderExchange(news, theme)}${next}\n`;
}

export const shareJoinCommand: Command<ShareJoinOptions, ShareJoinResult> = {
  name: 'share-join',
  schema: ShareJoinResult,
  run: join,
  render: renderJoin,
};
