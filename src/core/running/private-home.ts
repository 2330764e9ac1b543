import { createHash } from 'node:crypto';
import { lstatSync, readlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type CodexHome, codexHomeAt } from '../codex/home.js';
import { rootLinkName } from '../codex/private-home.js';
import { systemErrorCode } from '../errors.js';
import { listDirectory, makeDirectory, makePrivateDirectory } from '../storage/atomic-file.js';
import { writeError } from '../storage/file-errors.js';
import { makeLink, replaceByLink } from '../storage/link-file.js';
import { namesIn } from '../storage/paths.js';
import type { Root } from '../storage/root.js';
import { realPath } from '../storage/same-directory.js';

/*
 * The home in which an account runs beside others: its login is its own, and everything else is a link to the home of
 * the person. Which names have to be links was measured on the official client 0.171.0.
 */

/** Where the runs of an account have their home, made or not. */
export function privateHomeOf({ paths }: Pick<Root, 'paths'>, accountId: string): string {
  const isName = /^\w[\w.-]{0,63}$/.test(accountId);
  const name = isName ? accountId : createHash('sha256').update(accountId).digest('hex').slice(0, 24);
  return join(paths.privateHomes, name);
}

/**
 * Makes the home, or brings its links to what the home of the person holds now; several runs may do so at once. Throws
 * `storage-write-failed`.
 */
export function makePrivateHome(root: Root, directory: string, shares: string): CodexHome {
  makePrivateDirectory(root.paths.root);
  makePrivateDirectory(root.paths.privateHomes);
  makePrivateDirectory(directory);
  const present = listDirectory(shares);
  const [own, shared] = [namesIn(directory), namesIn(shares)];
  for (const name of sharedDirectories) if (!present.includes(name)) shareDirectory(shared(name));
  const names = new Set([...sharedDirectories, ...sharedFiles, ...present.filter(isShared)]);
  for (const name of names) link(root, own(name), shared(name));
  link(root, own(rootLinkName), realPath(root.paths.root));
  for (const name of listDirectory(directory)) if (isShared(name) && !names.has(name)) unlink(own(name));
  return codexHomeAt(directory);
}

/**
 * Made in the person's home where they are missing: else the client would make them beside the login. With its locks on
 * threads in two places, two writers spoil one thread.
 */
const sharedDirectories = [
  ...['sessions', 'archived_sessions', 'thread-writer-locks', 'shell_snapshots'],
  ...['skills', 'rules', 'memories', 'log'],
];

/** Linked even where they are missing: a file that the client makes later comes to be where its link leads. */
const sharedFiles = [
  ...['config.toml', 'AGENTS.md', 'history.jsonl', 'session_index.jsonl', 'installation_id', '.sandbox_migration'],
  ...['state_5', 'logs_2', 'goals_1', 'memories_1', 'queue_1', 'thread_history_1'].map((name) => `${name}.sqlite`),
];

/**
 * The login with its locks and temporary files, what a running client keeps for itself, what the provider offers to one
 * account, and the side files of databases, which stand beside the file that a link leads to.
 */
const ownNames = [
  /^\.?auth\b/,
  /^app-server-/,
  /^tmp$/,
  /^models_cache\.json$/,
  /\.sqlite-(?:wal|shm|journal)$/,
  /^\.codex-auth-/,
];

/** Whether a private home has a link of this name, and nothing of its own. */
export function isShared(name: string): boolean {
  return name !== rootLinkName && !ownNames.some((pattern) => pattern.test(name));
}

function shareDirectory(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    // There is a file or a link of the person's that leads to nothing yet. It stays, and the client complains where it
    // needs a directory.
    if (systemErrorCode(error) !== 'EEXIST') throw writeError(path, error);
  }
}

function link(root: Root, path: string, leadsTo: string): void {
  try {
    if (readlinkSync(path) !== leadsTo) replaceByLink(path, leadsTo, root.processes);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') makeLink(path, leadsTo);
    // What the client has put in the place of a link stays.
    else if (code !== 'EINVAL') throw error;
  }
}

/** Removes a link to what the person's home does not have any more. */
function unlink(path: string): void {
  try {
    if (lstatSync(path).isSymbolicLink()) unlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw writeError(path, error);
  }
}
