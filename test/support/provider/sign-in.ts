import type { Account, AccountRef } from './people.js';
import type { Provider } from './start.js';

export interface LoginChoice extends AccountRef {
  /** Press "Refuse" on the page. */
  readonly deny?: boolean;
  /** False: return the callback URL without calling it. */
  readonly deliver?: boolean;
  /** Give the same one twice to sign in twice in the same browser. */
  readonly browser?: Browser;
}

export interface CompletedLogin {
  readonly callbackUrl: string;
  /** What the callback server answered; absent with `deliver: false`. */
  readonly answer?: { readonly status: number; readonly location: string | undefined; readonly body: string };
}

/** As much of a browser as a sign-in needs: cookies, and redirects that stop where the caller wants. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  async open(url: string, form?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
    }
    return response;
  }
}

/** Signs in the way a person in a browser would, as far as the callback on loopback. */
export async function completeLogin(
  provider: Pick<Provider, 'people'>,
  authorizeUrl: string,
  choice: LoginChoice,
): Promise<CompletedLogin> {
  const browser = choice.browser ?? new Browser();
  const account = provider.people.find(choice);
  const callback = new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '';

  let at = authorizeUrl;
  let response = await browser.open(at);
  for (let steps = 0; steps < 10; steps += 1) {
    const location = response.headers.get('location');
    if (location === null) {
      if (response.status !== 200)
        throw new Error(`sign-in page answered ${response.status}: ${await response.text()}`);
      response = await browser.open(at, formFor(account, choice.deny ?? false));
      continue;
    }
    at = new URL(location, at).href;
    if (at.startsWith(`${callback}?`)) return choice.deliver === false ? { callbackUrl: at } : deliver(at);
    response = await browser.open(at);
  }
  throw new Error('sign-in did not come to an end');
}

/** Types the user code on the device page and picks the account there. */
export async function approveDevice(
  provider: Pick<Provider, 'issuer' | 'people'>,
  userCode: string,
  choice: AccountRef & { readonly deny?: boolean },
): Promise<void> {
  const form = { user_code: userCode, ...formFor(provider.people.find(choice), choice.deny ?? false) };
  const response = await new Browser().open(`${provider.issuer}/codex/device`, form);
  if (response.status !== 200) throw new Error(`device page answered ${response.status}`);
}

function formFor(account: Account, deny: boolean): Record<string, string> {
  return deny ? { deny: '1' } : { account: account.key };
}

async function deliver(callbackUrl: string): Promise<CompletedLogin> {
  const response = await fetch(callbackUrl, { redirect: 'manual' });
  const location = response.headers.get('location') ?? undefined;
  return { callbackUrl, answer: { status: response.status, location, body: await response.text() } };
}
