import { createHash, randomBytes } from 'node:crypto';
import type { ShareDatabase } from './database.js';
import { type ExchangeAnswer, exchangeStatement, type LoginRow, readAnswer } from './rows.js';
import { currentSchema } from './schema.js';
import type { ShareState } from './share-file.js';
import { newShareKey, type ShareKey } from './share-key.js';
import { newerSchema, noSchema, shareProblem } from './share-problem.js';
import { type ShareSession, wrongKey } from './share-session.js';

export interface Asked {
  readonly answer: ExchangeAnswer;
  /** The database has gone back: it was restored from a backup. */
  readonly wasRestored: boolean;
  /** Another machine has taken turns in this one's name. This machine has got a new name. */
  readonly wasCloned: boolean;
  /** The answer holds every login. */
  readonly isWhole: boolean;
}

export interface Question {
  /** Logins whose refresh token is about to be sent. */
  readonly intends?: readonly string[];
  /** Logins that the answer is to hold even where nothing about them is new. */
  readonly about?: readonly string[];
}

/** The revisions to ask from for every login, or for none. */
const [everything, nothingNew] = [-1, Number.MAX_SAFE_INTEGER];

/** Takes a turn and brings what is new: one round trip, or two where the database and this machine disagree. */
export async function ask(session: ShareSession, question: Question = {}): Promise<Asked> {
  const first = await takeTurn(session, question, session.state().revision);
  const verdict = judgeTurn(session.state(), first);
  const isBehind = first.revision < session.state().revision;
  if (verdict === 'taken' && !isBehind) {
    settleTurn(session);
    if (knowsSame(session.state(), first))
      return { answer: first, wasRestored: false, wasCloned: false, isWhole: false };
  }
  const wasCloned = verdict === 'cloned';
  if (wasCloned) becomeAnother(session);
  if (wasCloned || verdict === 'unknown') await register(session);
  else if (verdict === 'restored' && first.turn !== null) trustTurn(session, first.turn);
  const answer = await takeTurn(session, question, everything);
  if (!answer.took_turn) throw notTaken();
  settleTurn(session);
  return { answer, wasRestored: isBehind || verdict === 'restored', wasCloned, isWhole: true };
}

/** The next turn is on disk before it is asked for. */
async function takeTurn(session: ShareSession, question: Question, revision: number): Promise<ExchangeAnswer> {
  const { deps, database, key } = session;
  const next = nextTurn(session.state());
  const state = session.state();
  const { machine } = state;
  if (machine.nextTurn !== next) session.save({ ...state, machine: { ...machine, nextTurn: next } });
  const { intends = [], about = [] } = question;
  const turns = [machine.turn, next];
  const values = [machine.id, turns, next, revision, intends, deps.unansweredRetryMs, about];
  const answer = readAnswer(await database.query(exchangeStatement, values));
  if (answer === undefined) throw noSchema();
  assertPool(answer, key, state.poolId);
  return answer;
}

/** Reads the pool as a machine without a name, so that nothing is written. Undefined where there is no pool. */
export async function lookInto(database: ShareDatabase, revision = nothingNew): Promise<ExchangeAnswer | undefined> {
  return readAnswer(await database.query(exchangeStatement, ['', [], '', revision, [], 0, []]));
}

/** Throws `shared-pool` unless this is a pool that this program and this key can work with. */
export function assertPool(answer: ExchangeAnswer, key: ShareKey, poolId: string | undefined): void {
  if (answer.schema > currentSchema) throw newerSchema(answer.schema);
  if (poolId !== undefined && answer.pool_id !== poolId) {
    const message = 'the database holds another shared pool than the one that this machine has joined';
    throw shareProblem('other-pool', message, 'codex-auth share leave --forget, then share join <url>');
  }
  if (answer.key_id !== key.id || !isProof(key, answer)) throw wrongKey();
}

/** A text that only the key could have sealed. The id of the key is no proof: it could have been copied. */
export function keyProof(key: ShareKey, poolId: string): string {
  return key.seal(poolId, { id: poolId, part: 'proof', generation: 0 });
}

function isProof(key: ShareKey, { pool_id: poolId, key_proof: proof }: ExchangeAnswer): boolean {
  return key.open(proof, { id: poolId, part: 'proof', generation: 0 })?.reveal() === poolId;
}

function settleTurn(session: ShareSession): void {
  const state = session.state();
  const { nextTurn: taken, ...machine } = state.machine;
  if (taken !== undefined) session.save({ ...state, machine: { ...machine, turn: taken } });
}

function trustTurn(session: ShareSession, turn: string): void {
  const state = session.state();
  session.save({ ...state, machine: { ...state.machine, turn } });
}

/**
 * Gives this machine a new id, under which it keeps nothing: the other machine goes on under the old one. Which of the
 * two came first does not matter, as long as only one of them goes by the id.
 */
function becomeAnother(session: ShareSession): void {
  const state = session.state();
  const { name } = state.machine;
  session.save({ ...state, machine: { id: newMachineId(), name, turn: firstTurn() } });
}

export function newMachineId(): string {
  return `m${newShareKey().id}`;
}

const insertMachine = `INSERT INTO codex_auth.share_machine (id, sealed_name, turn) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET turn = excluded.turn, sealed_name = excluded.sealed_name`;

export async function register({ database, key, state }: ShareSession): Promise<void> {
  const { id, name, turn } = state().machine;
  await database.query(insertMachine, [id, key.seal(name, { id, part: 'machine', generation: 0 }), turn]);
}

function notTaken() {
  const message = 'another machine goes by the name of this one, at this very moment';
  return shareProblem('cloned', message, 'codex-auth share sync');
}

/** Whether the rows of the database are those that came with the answer, and otherwise those that were seen last. */
function knowsSame({ rows }: ShareState, { logins, digest }: ExchangeAnswer): boolean {
  const byId = new Map<string, DigestedRow>(
    rows.map((row) => [row.id, { ...row, notes_generation: row.notesGeneration }]),
  );
  for (const row of logins) byId.set(row.id, row);
  return digestOf([...byId.values()]) === digest;
}

type DigestedRow = Pick<LoginRow, 'id' | 'state' | 'keeper' | 'fence' | 'generation' | 'notes_generation'>;

/** The digest as the database makes it in `exchangeStatement`. */
function digestOf(rows: readonly DigestedRow[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ id, state, keeper, fence, generation, notes_generation: notes }) =>
    [id, state, keeper ?? '-', fence, generation, notes].join(' '),
  );
  return createHash('md5').update(lines.sort().join(',')).digest('hex');
}

/*
 * The turn of a machine is renewed at each exchange. Two machines that go by one name, because a disk was copied, cannot both
 * have the one that the database has; and a database that was restored has one that this machine had long before.
 */

export function firstTurn(): string {
  return `1:${randomBytes(8).toString('hex')}`;
}

/** The turn to take next. It stays until an exchange has taken it: a lost answer leaves only two possible turns. */
function nextTurn({ machine: { turn, nextTurn: pending } }: Pick<ShareState, 'machine'>): string {
  return pending ?? `${countOf(turn) + 1}:${randomBytes(8).toString('hex')}`;
}

type TurnVerdict =
  | 'taken'
  /** The database has forgotten later turns of this machine. */
  | 'restored'
  /** The database does not know this machine, or no longer. */
  | 'unknown'
  /** Another machine takes turns in the name of this one. */
  | 'cloned';

function judgeTurn({ machine }: Pick<ShareState, 'machine'>, answer: ExchangeAnswer): TurnVerdict {
  if (answer.took_turn) return 'taken';
  if (answer.turn === null) return 'unknown';
  return countOf(answer.turn) < countOf(machine.turn) ? 'restored' : 'cloned';
}

function countOf(turn: string): number {
  return Number.parseInt(turn, 10) || 0;
}
