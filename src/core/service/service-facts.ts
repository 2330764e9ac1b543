/** What a service needs to know to start the guard of one root. */
export interface ServiceFacts {
  /** Tells the services of several roots apart. */
  readonly id: string;
  readonly root: string;
  readonly node: string;
  readonly script: string;
  /** What it takes from the environment in which it was installed. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The words after the program. */
export const serviceWords = ['guard', '--service'] as const;
