import * as z from 'zod/mini';
import { type AppServer, startAppServer } from './app-server.js';
import { inParallel } from './parallel.js';
import { field, type LoggedRequest } from './provider/request-log.js';
import { endpointPaths } from './provider/scenario.js';
import type { Provider } from './provider/start.js';
import { type CodexResult, type RealCodexHome, realCodexHome, runCodex } from './real-codex.js';
import { carol, RefreshHome } from './refresh-home.js';

/** The official client refreshes when five minutes are left, and one that starts on fewer does so at once. */
const clientRefreshesSeconds = 300;

export interface AheadTrial {
  readonly pairs: number;
  /** Life of the access token that the app-server begins with; its end comes near during the trial. */
  readonly firstSeconds: number;
  /** Life of each later one. */
  readonly laterSeconds: number;
  readonly startGuard: (home: RefreshHome) => Guarding;
}

export interface Guarding {
  stop(): Promise<unknown>;
}

export interface AheadResult {
  readonly execs: readonly CodexResult[];
  /** What became of each turn of the app-server. */
  readonly turns: readonly string[];
  /** Whether the app-server's last turn went out with a token that a refresh of ours had brought. */
  readonly hasTakenNewer: boolean;
  readonly refreshes: RefreshesSent;
  readonly fate: string;
}

export interface RefreshesSent {
  readonly ours: number;
  readonly theirs: number;
  /** Whether each token went out once, and was answered with the next one. */
  readonly areClean: boolean;
}

/** A home of the real client with a login of the stand-in, whose access token lives for so many seconds. */
export async function homeWithLife(provider: Provider, directory: string, seconds: number) {
  const client = realCodexHome(directory, provider);
  const ours = new RefreshHome(directory, provider, { codexHome: client.codexHome });
  ours.writeAuthFile(await ours.addAccount('a', { ...carol, expiresInSeconds: seconds }));
  return { client, ours };
}

/** Two runs of the client, started together. */
export function execPair(client: RealCodexHome): Promise<CodexResult[]> {
  const exec = () => runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client });
  return Promise.all([exec(), exec()]);
}

/** Runs pairs of clients and a long-lived one beside a guard, until the first token of the latter is about to end. */
export async function guardAhead(provider: Provider, directory: string, trial: AheadTrial): Promise<AheadResult> {
  const { client, ours } = await homeWithLife(provider, directory, trial.firstSeconds);
  const dueAt = Date.now() + (trial.firstSeconds - clientRefreshesSeconds) * 1000;
  provider.scenario.accessTokenSeconds = trial.laterSeconds;
  const first = ours.record('a').accessToken;
  const server = await startAppServer(client);
  const turns = [await answeredTurn(server, client)];
  const guard = trial.startGuard(ours);
  try {
    const pairs = await inParallel(1, Array.from({ length: trial.pairs }), () => execPair(client));
    while (Date.now() <= dueAt) pairs.push(await execPair(client));
    turns.push(await answeredTurn(server, client));
    const sent = turnsOf(provider, 'codex-auth-test').at(-1)?.headers.authorization;
    const hasTakenNewer = sent !== undefined && sent !== `Bearer ${first}`;
    await guard.stop();
    const fate = provider.fateOf(ours.authFile().tokens.refresh_token);
    return { execs: pairs.flat(), turns, hasTakenNewer, refreshes: refreshesSent(provider), fate };
  } finally {
    await guard.stop();
    await server.stop();
  }
}

export function refreshesSent({ requests }: Pick<Provider, 'requests'>): RefreshesSent {
  const all = requests.refreshes();
  const ours = all.filter(({ headers }) => headers['user-agent']?.startsWith('codex-auth/')).length;
  const areDifferent = new Set(all.map((each) => field(each, 'refresh_token'))).size === all.length;
  return { ours, theirs: all.length - ours, areClean: areDifferent && all.every(({ status }) => status === 200) };
}

function turnsOf({ requests }: Provider, originator: string): LoggedRequest[] {
  const posts = requests.to(endpointPaths.responses).filter(({ method }) => method === 'POST');
  return posts.filter(({ headers }) => headers['originator'] === originator);
}

const Started = z.object({ thread: z.object({ id: z.string() }) });
const Completed = z.object({ turn: z.object({ status: z.string() }) });

/** One turn of the app-server in a conversation of its own; how it ended. */
async function answeredTurn(server: AppServer, { codexHome }: RealCodexHome): Promise<string> {
  const { thread } = Started.parse(await server.call('thread/start', { cwd: codexHome }));
  const completed = server.told('turn/completed');
  await server.call('turn/start', { threadId: thread.id, input: [{ type: 'text', text: 'hi' }] });
  return Completed.parse(await completed).turn.status;
}
