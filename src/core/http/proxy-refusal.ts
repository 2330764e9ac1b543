/** The proxy answered and will not carry this connection. The message is ours and safe to show. */
export class ProxyRefusal extends Error {
  constructor(
    message: string,
    /** It wants credentials, or other ones. */
    readonly wantsCredentials = false,
  ) {
    super(message);
  }
}
