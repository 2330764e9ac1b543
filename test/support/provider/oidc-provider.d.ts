/** oidc-provider 8 ships no types; these are the parts that the stand-in uses. */
declare module 'oidc-provider' {
  type IncomingMessage = import('node:http').IncomingMessage;
  type ServerResponse = import('node:http').ServerResponse;

  /** The Koa context, as far as the stand-in looks at it. */
  export interface Context {
    readonly req: IncomingMessage;
    readonly res: ServerResponse;
    readonly method: string;
    readonly path: string;
    readonly query: Record<string, string | string[] | undefined>;
    status: number;
    body: unknown;
    type: string;
    /** False leaves the response to the code that writes to `res`. */
    respond: boolean;
    get(name: string): string;
    set(name: string, value: string): void;
    redirect(url: string): void;
  }
  export type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

  export interface Client {
    readonly clientId: string;
  }
  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }
  export interface SavedToken {
    save(): Promise<string>;
  }
  export interface InteractionResult {
    readonly login?: { readonly accountId: string };
    readonly consent?: { readonly grantId: string };
    readonly error?: string;
    readonly error_description?: string;
  }
  type Fields = Readonly<Record<string, unknown>>;

  export default class Provider {
    constructor(issuer: string, configuration: Fields);
    readonly Client: { find(id: string): Promise<Client | undefined> };
    readonly Grant: new (fields: {
      accountId: string;
      clientId: string;
    }) => Grant;
    readonly AuthorizationCode: new (
      fields: Fields,
    ) => SavedToken;
    readonly RefreshToken: new (
      fields: Fields,
    ) => SavedToken;
    use(middleware: Middleware): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ readonly params: Fields }>;
    /** Stores the result; resolves to the URL where the authorization request goes on. */
    interactionResult(request: IncomingMessage, response: ServerResponse, result: InteractionResult): Promise<string>;
  }
}
