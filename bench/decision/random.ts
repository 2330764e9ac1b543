/** Numbers from 0 up to 1 that are the same for one seed on every machine. */
export type Random = () => number;

/** Mulberry32: small, fast, and even enough for a simulation. */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function between(random: Random, least: number, most: number): number {
  return least + random() * (most - least);
}

/** A whole number, both ends included. */
export function wholeBetween(random: Random, least: number, most: number): number {
  return Math.floor(between(random, least, most + 1));
}

export function oneOf<T>(random: Random, first: T, ...others: readonly T[]): T {
  return others[wholeBetween(random, 0, others.length) - 1] ?? first;
}

/** 1, 2, 3, … with this mean: how long something lasts that may end at any moment. */
export function lasting(random: Random, mean: number): number {
  return 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / mean));
}
