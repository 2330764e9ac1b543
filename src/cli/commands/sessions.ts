import * as z from 'zod/mini';
import { realPath } from '../../core/storage/same-directory.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { nameOf } from '../render/account-table.js';
import { type Column, renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';
import { formatMoment } from '../render/time.js';
import { latestThreads, ThreadView } from '../running/threads.js';

const SessionsResult = z.object({ sessions: z.array(ThreadView) });
type SessionsResult = z.infer<typeof SessionsResult>;

export interface SessionsOptions {
  readonly all?: boolean;
  readonly cwd?: boolean;
}

/** Without `--all`: what fits a screen. */
const fewest = 20;

async function sessions(context: Context, { all, cwd }: SessionsOptions): Promise<SessionsResult> {
  const place = cwd === true ? realPath(context.machine.cwd) : undefined;
  return { sessions: latestThreads(context, { cwd: place, most: all === true ? Number.POSITIVE_INFINITY : fewest }) };
}

function renderSessions({ sessions: all }: SessionsResult, theme: Theme): string {
  if (all.length === 0) return 'There are no sessions here.\n';
  const columns: Column<ThreadView>[] = [
    { title: 'Last used', text: ({ writtenAt }) => formatMoment(Date.parse(writtenAt), theme.now) },
    {
      title: 'Account',
      minWidth: 10,
      dropOrder: 2,
      text: ({ account }) => (account === undefined ? '' : nameOf(account)),
    },
    { title: 'Directory', minWidth: 12, dropOrder: 1, text: ({ cwd = '' }) => cwd },
    { title: 'First words', minWidth: 16, text: ({ firstWords = '' }) => firstWords.slice(0, shownWords) },
    { title: 'Id', text: ({ id }) => id },
  ];
  return `${renderTable(columns, all, theme)}\nGo on with one: codex-auth resume <id>\n`;
}

/** The most that is printed of the first words: in a pipe nothing else cuts a column. */
const shownWords = 60;

export const sessionsCommand: Command<SessionsOptions, SessionsResult> = {
  name: 'sessions',
  schema: SessionsResult,
  run: sessions,
  render: renderSessions,
};
