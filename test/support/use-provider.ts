import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Provider, type ProviderOptions, startProvider } from './provider/start.js';

export interface UseProviderOptions extends ProviderOptions {
  /** Each test finds at the stand-in what the one before has left, for shared logins. Default: each begins anew. */
  readonly keepsState?: true;
}

/** A stand-in for the tests of a file or of a `describe`: started before them and stopped after them. */
export function useProvider({ keepsState, ...options }: UseProviderOptions = {}): Provider {
  let running: Provider | undefined;
  beforeAll(async () => {
    running = await startProvider(options);
  });
  if (keepsState === undefined) afterEach(() => running?.reset());
  afterAll(() => running?.stop());
  return new Proxy({} as Provider, {
    get(_, name) {
      if (running === undefined) throw new Error('the stand-in runs only while the tests do');
      return Reflect.get(running, name);
    },
  });
}
