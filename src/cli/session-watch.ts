import { listSessionFiles, threadIdIn } from '../core/codex/sessions.js';
import { readThread } from '../core/codex/thread.js';

/** Finds out afterwards which session a client has worked on, whose output we do not read. */
export interface SessionWatch {
  /** Its file, as far as it can be told apart from those of other clients. */
  latest(): { readonly path: string } | 'none' | 'several';
}

/** From now on. `named` is the id of the session, where the command says it. */
export function watchSessions(homeDirectory: string, named: string | undefined): SessionWatch {
  const before = new Map(listSessionFiles(homeDirectory).map(({ path, writtenAt }) => [path, writtenAt]));
  return {
    latest() {
      const written = listSessionFiles(homeDirectory).filter(({ path, writtenAt }) => before.get(path) !== writtenAt);
      if (named !== undefined) return written.find(({ path }) => threadIdIn(path) === named) ?? 'none';
      const own = written.filter(({ path }) => !readThread(path).isTask);
      // Of a parallel run it cannot be told apart, unless only one of them is new.
      const candidates = own.length > 1 ? own.filter(({ path }) => !before.has(path)) : own;
      const [only, ...others] = candidates;
      if (only !== undefined && others.length === 0) return only;
      return own.length === 0 ? 'none' : 'several';
    },
  };
}
