import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { whileWaiting } from '../../core/session/session.js';
import { shareDeps } from '../../core/session/share-access.js';
import { databaseAddress } from '../../core/sharing/address.js';
import { inspectShare } from '../../core/sharing/inspect.js';
import { shareKeyPlace } from '../../core/sharing/key-store.js';
import { readShare } from '../../core/sharing/share-file.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { renderFacts } from '../render/facts.js';
import { type Column, renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';
import { formatDistance, formatDuration, formatWhen } from '../render/time.js';
import { accountNames } from '../sharing/named-accounts.js';
import { shareDeadlineMs } from '../sharing/share-call.js';
import {
  MachineView,
  type SharedLogin,
  SharedLogin as SharedLoginShape,
  ShareLive,
  sharedLogins,
  shareLive,
} from '../sharing/share-view.js';
import { lifeText } from '../views/account-ref.js';

const ShareStatusResult = z.object({
  /** False where this machine is in no shared pool; then there is nothing else. */
  joined: z.boolean(),
  /** Without user and password. */
  database: z.exactOptional(z.string()),
  machine: z.exactOptional(MachineView),
  keyId: z.exactOptional(z.string()),
  /** Absent where this machine has lost the key. */
  keyPlace: z.exactOptional(z.enum(['file', 'keyring'])),
  lastExchangeAt: z.exactOptional(z.iso.datetime()),
  logins: z.array(SharedLoginShape),
  /** With `--live`. */
  live: z.exactOptional(ShareLive),
});
type ShareStatusResult = z.infer<typeof ShareStatusResult>;

export interface ShareStatusOptions {
  /** Ask the database as well. */
  readonly live?: boolean;
}

async function status(context: Context, { live }: ShareStatusOptions): Promise<ShareStatusResult> {
  const { root } = context;
  const state = readShare(root);
  if (state === undefined) return { joined: false, logins: [] };
  const { machine, keyId, lastExchangeAt, url } = state;
  const asking = live === true ? inspectShare(shareDeps(context), shareDeadlineMs(context)) : undefined;
  const inspection = asking && (await whileWaiting(context, 'Asking the database', asking));
  return definedOnly({
    joined: true,
    database: databaseAddress(url).shown,
    machine: { id: machine.id, name: machine.name },
    keyId,
    keyPlace: shareKeyPlace(root),
    lastExchangeAt: toIso(lastExchangeAt),
    logins: sharedLogins(state, accountNames(context)),
    live: inspection && shareLive(inspection),
  });
}

function renderStatus(result: ShareStatusResult, theme: Theme): string {
  if (!result.joined) {
    return 'This machine is in no shared pool: codex-auth share init, or share join\n';
  }
  const { database, machine, keyId, keyPlace, lastExchangeAt, logins, live } = result;
  const key = keyPlace === undefined ? 'lost: codex-auth share join' : `${keyId}, ${places[keyPlace]}`;
  const exchanged =
    lastExchangeAt === undefined ? 'not yet: codex-auth sync' : formatWhen(Date.parse(lastExchangeAt), theme.now);
  const facts = renderFacts(
    [
      ['Pool', database],
      ['Machine', machine?.name],
      ['Key', key],
      ['Exchanged', exchanged],
      ...(live === undefined ? [] : liveFacts(live)),
    ],
    theme,
  );
  const machines = live === undefined || live.machines.length === 0 ? '' : `\n${machineTable(live, theme)}`;
  return `${facts}\n${loginTable(logins, theme)}${machines}`;
}

const places = { file: 'in a file', keyring: 'in the keyring of this system' } as const;

function liveFacts({ problem, transport, version, schema, keyMatches, mayWrite, clockAheadMs }: ShareLive) {
  const way = transport && { tls: 'with verified TLS', loopback: 'on this machine' }[transport];
  const answer = version === undefined ? 'does not answer' : `answers ${way}, PostgreSQL ${version}`;
  const facts: [string, string | undefined][] = [
    ['Database', answer],
    ['Problem', problem?.message],
    ['Next', problem?.hint],
    ['Schema', schema === undefined ? undefined : `version ${schema}`],
    ['Key fits', keyMatches === undefined ? undefined : keyMatches ? 'yes' : 'no, the pool has another key'],
    ['Rights', mayWrite === false ? 'this role may only read' : undefined],
    ['Clock', clockAheadMs === undefined ? undefined : clockText(clockAheadMs)],
  ];
  return facts;
}

/** A difference of the clocks below this says nothing. */
const clockToleranceMs = 2_000;

function clockText(aheadMs: number): string {
  if (Math.abs(aheadMs) < clockToleranceMs) return 'agrees with the server';
  return `${formatDuration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} the server`;
}

function loginTable(logins: readonly SharedLogin[], theme: Theme): string {
  if (logins.length === 0) return 'No login is shared: codex-auth share add <account>\n';
  const columns: Column<SharedLogin>[] = [
    {
      title: '#',
      align: 'right',
      text: ({ account }) => (account === undefined ? '' : String(account.index)),
    },
    {
      title: 'account',
      text: ({ account }) => (account === undefined ? 'not on this machine' : titleOf(account)),
    },
    { title: 'kept by', text: ({ role, keptBy }) => keeperText(role, keptBy, theme) },
    {
      title: '',
      text: ({ role, account }) => (role === 'keeper' ? '' : (lifeTextOf(account, theme) ?? '')),
    },
  ];
  return renderTable(columns, logins, theme);
}

/** How long the login lasts; its keeper stands in a column of its own. */
function lifeTextOf(account: SharedLogin['account'], { now }: Theme): string | undefined {
  if (account === undefined) return undefined;
  const { keptBy: _, ...life } = account;
  return lifeText(life, now);
}

function keeperText(role: SharedLogin['role'], keptBy: SharedLogin['keptBy'], { now }: Theme): string {
  if (role === 'keeper') return 'this machine';
  if (role === 'releasing') return 'this machine, on its way to another';
  if (keptBy === undefined) return 'nobody: codex-auth share take';
  const seen = keptBy.seenAt === undefined ? '' : `, seen ${formatDistance(Date.parse(keptBy.seenAt), now)}`;
  return `${keptBy.name}${seen}`;
}

function machineTable({ machines }: ShareLive, theme: Theme): string {
  const columns: Column<ShareLive['machines'][number]>[] = [
    { title: 'machine', text: ({ name, isThis }) => (isThis ? `${name} (this one)` : name) },
    { title: 'keeps', align: 'right', text: ({ keeps }) => String(keeps) },
    { title: 'last seen', text: ({ seenAt }) => formatDistance(Date.parse(seenAt), theme.now) },
  ];
  return renderTable(columns, machines, theme);
}

export const shareStatusCommand: Command<ShareStatusOptions, ShareStatusResult> = {
  name: 'share-status',
  schema: ShareStatusResult,
  run: status,
  render: renderStatus,
  exitCode: ({ live }) => (live?.problem !== undefined || live?.mayWrite === false ? 1 : 0),
};
