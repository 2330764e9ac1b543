import type { JsonObject } from '../json-object.js';
import type { JsonPath } from './json-outline.js';
import {
  choicesIn,
  isActiveIn,
  type Members,
  ownNamesIn,
  plainName,
  providerNamed,
  usableLabel,
} from './stated-members.js';

/** What is around a value in its file and may belong to the login in that value. */
export interface Surroundings {
  readonly path: JsonPath;
  /** The objects around it that describe the same login, the innermost first. */
  readonly objects: readonly Members[];
  /** 1-based position, where the value is an element of a list. */
  readonly record?: number;
  /** The name that the value is kept under. */
  readonly key?: string;
  /** The names, ids and positions that the objects around it say to be in use. */
  readonly choices: readonly (string | number)[];
}

export const outermost: Surroundings = { path: [], objects: [], choices: [] };

export function inElement(around: Surroundings, index: number): Surroundings {
  return { path: [...around.path, index], objects: [], record: index + 1, choices: around.choices };
}

/**
 * The surroundings of a member. An object with descriptive members is about one login, with everything in it. Any other
 * object only holds logins, and gives each its member's name.
 */
export function inMember(around: Surroundings, members: Members, name: string): Surroundings {
  const path = [...around.path, name];
  const said = choicesIn(members);
  const choices = said.length > 0 ? said : around.choices;
  const isCollection = collections.has(plainName(String(around.path.at(-1) ?? '')));
  if (!isCollection && isDescription(members))
    return { ...around, path, objects: [members, ...around.objects], choices };
  if (!isCollection && around.objects.length > 0) return { ...around, path, choices };
  const key = isWrapping(name) && around.key !== undefined ? around.key : name;
  return { ...around, path, objects: [], key, choices };
}

function isDescription(members: Members): boolean {
  return [...members].some(([name, value]) => typeof value === 'string' && descriptions.has(name));
}

const descriptions = new Set(
  'id name label alias title email username accountid chatgptaccountid userid key accountkey type platform provider plan plantype'.split(
    ' ',
  ),
);

/** Names of members that hold many logins. */
const collections = new Set(
  'accounts auths credentials entries homes items logins pool pools profiles providers records results sessions snapshots users'.split(
    ' ',
  ),
);

/** Names of members in which a single login lies. Like those of collections, none of them is the name of a login. */
const parts = new Set(
  (
    'account auth authdata authentication authfile authjson codex config content credential data extra info item list login ' +
    'metadata oauth password payload profile provider record result secret session settings settingsconfig state storage token ' +
    'tokens user value'
  ).split(' '),
);

function isWrapping(name: string): boolean {
  return parts.has(plainName(name)) || collections.has(plainName(name));
}

/** The name that the value is kept under, where a person may have chosen it. */
export function labelOfKey({ key }: Surroundings): string | undefined {
  if (key === undefined || isWrapping(key) || providerNamed(key) !== undefined) return undefined;
  return usableLabel(key);
}

/** The name by which a login that is in no list is found in its file. */
export function memberOf({ key, record }: Surroundings): string | undefined {
  return record !== undefined || key === undefined || isWrapping(key) ? undefined : key;
}

export function isChosen({ objects, choices, record, key }: Surroundings, login: Members): boolean {
  const all = [login, ...objects];
  if (all.some(isActiveIn)) return true;
  const names = [...all.flatMap(ownNamesIn), ...(key === undefined ? [] : [key])];
  return choices.some((choice) => (typeof choice === 'number' ? choice + 1 === record : names.includes(choice)));
}

/** Whether an object on this path, or inside of it, has a name twice: then it is unknown which value is meant. */
export function saysTwice(repeated: readonly JsonPath[], path: JsonPath): boolean {
  return repeated.some((each) => {
    const length = Math.min(each.length, path.length);
    return each.slice(0, length).every((step, index) => step === path[index]);
  });
}

/** The members of a value that may hold logins. */
export function childrenOf(object: JsonObject): [string, unknown][] {
  return Object.entries(object).filter(([name, value]) => name !== '__proto__' && isContainer(value));
}

export function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
