export interface CodexAuthOptions {
  /** Usually `process.env`: decides where the accounts are, as for the command line. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Usually `process.cwd()`: decides whose project's accounts are meant. */
  readonly cwd: string;
  /** The global accounts, whatever the directory. */
  readonly global?: boolean;
  /** Named to the provider in the user agent, behind our own name: letters, digits, dots and dashes. */
  readonly callerName?: string;
  /** Told what a person should know although it went well, such as that requests go to a stand-in; each once. */
  readonly onWarning?: (message: string) => void;
  /** Ends what is under way, apart from a request that spends a refresh token: calls then throw `interrupted`. */
  readonly signal?: AbortSignal;
}
