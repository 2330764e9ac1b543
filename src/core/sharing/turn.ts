import { randomBytes } from 'node:crypto';
import type { ExchangeAnswer } from './rows.js';
import type { ShareState } from './share-file.js';

/*
 * The turn of a machine is renewed at each exchange. Two machines that go by one name, because a disk was copied, cannot both
 * have the one that the database has; and a database that was restored has one that this machine had long before.
 */

export function firstTurn(): string {
  return `1:${randomBytes(8).toString('hex')}`;
}

/** The one after it; kept until an exchange has taken it, so that an answer that is lost leaves two turns in question. */
export function nextTurn({ machine: { turn, nextTurn: pending } }: Pick<ShareState, 'machine'>): string {
  return pending ?? `${countOf(turn) + 1}:${randomBytes(8).toString('hex')}`;
}

export type TurnVerdict =
  | 'taken'
  /** The database has forgotten later turns of this machine. */
  | 'restored'
  /** It has never heard of this machine, or not any more. */
  | 'unknown'
  /** Somebody else takes turns in the name of this machine. */
  | 'cloned';

export function judgeTurn({ machine }: Pick<ShareState, 'machine'>, answer: ExchangeAnswer): TurnVerdict {
  if (answer.took_turn) return 'taken';
  if (answer.turn === null) return 'unknown';
  return countOf(answer.turn) < countOf(machine.turn) ? 'restored' : 'cloned';
}

function countOf(turn: string): number {
  return Number.parseInt(turn, 10) || 0;
}
