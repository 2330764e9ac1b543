import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { describeProxy, describeProxySource, joinDescriptions, noProxy } from '../../core/http/proxy-description.js';
import { type HostProxy, proxiesFor } from '../../core/http/proxy-for.js';
import { resolveProvider } from '../../core/provider/provider.js';
import type { Context } from '../program/context.js';

/** How requests to one host leave this machine; never with credentials. */
export const ProxyView = z.object({
  host: z.string(),
  kind: z.enum(['direct', 'proxy', 'invalid']),
  url: z.exactOptional(z.string()),
  /** `--proxy`, the name of an environment variable, or `system settings`; absent when nothing names a proxy. */
  source: z.exactOptional(z.string()),
  /** The entry that excepts this host from the proxy. */
  exception: z.exactOptional(z.string()),
  /** The same for a person. */
  text: z.string(),
});
export type ProxyView = z.infer<typeof ProxyView>;

/** How requests leave for the host of sign-ins, and for the one of quota. */
export async function proxyViews(context: Context): Promise<ProxyView[]> {
  const { environment, proxyFor } = context;
  const { issuer, backendUrl } = resolveProvider(environment);
  return (await proxiesFor([issuer, backendUrl], proxyFor)).map(viewOf);
}

function viewOf({ host, choice }: HostProxy): ProxyView {
  return definedOnly({
    host,
    kind: choice.kind,
    url: choice.kind === 'proxy' ? choice.display : undefined,
    source: choice.source === 'none' ? undefined : describeProxySource(choice.source),
    exception: 'exception' in choice ? choice.exception : undefined,
    text: describeProxy(choice),
  });
}

/** The ways as text; undefined where there is no proxy and no reason to speak of it. */
export function proxiesText(views: readonly ProxyView[], separator: string): string | undefined {
  const isPlain = views.every(({ text }) => text === noProxy);
  return isPlain ? undefined : joinDescriptions(views, separator);
}
