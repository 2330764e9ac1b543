import { isShared } from './exchange-first.js';
import type { Session } from './session.js';

/** What another machine has changed ends a pause. */
export interface ShareNews {
  /** Resolves after so many milliseconds, or when there is news; rejects with the signal's reason. */
  pause(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Listens to the shared pool for as long as the caller works; without one it only pauses. */
export async function listenToShare(session: Session): Promise<ShareNews> {
  const { clock, signal } = session;
  if (!isShared(session)) return { pause: (ms) => clock.sleep(ms, signal), stop: async () => undefined };
  const [{ watchShare }, { shareDeps }] = await Promise.all([
    import('../sharing/watch-share.js'),
    import('./share-access.js'),
  ]);
  const ending = new AbortController();
  const waking: (() => void)[] = [];
  let hasNews = false;
  const onNews = () => {
    hasNews = true;
    for (const wake of waking.splice(0)) wake();
  };
  const either = AbortSignal.any([signal, ending.signal]);
  const watching = watchShare({ ...shareDeps(session), signal: either }, onNews, either);
  return {
    async pause(ms) {
      if (!hasNews) await Promise.race([clock.sleep(ms, signal), new Promise<void>((wake) => waking.push(wake))]);
      hasNews = false;
    },
    async stop() {
      ending.abort();
      await watching;
    },
  };
}
