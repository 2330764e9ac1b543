import { execFile } from 'node:child_process';
import { parseMacProxy } from './mac-proxy.js';
import type { SystemProxy } from './proxy.js';
import { parseWindowsProxy } from './windows-proxy.js';

export interface System {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string>>;
  /** How long its answer may take, in milliseconds. */
  readonly deadlineMs?: number;
  warn(message: string): void;
}

interface Question {
  readonly command: string;
  readonly argv: readonly string[];
  readonly parse: (output: string) => SystemProxy;
}

const internetSettings = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings';

/** Linux has no setting that all programs share: there the environment is the setting. */
const questions: Partial<Record<NodeJS.Platform, Question>> = {
  darwin: { command: 'scutil', argv: ['--proxy'], parse: parseMacProxy },
  win32: { command: 'reg', argv: ['query', internetSettings], parse: parseWindowsProxy },
};

export function hasSystemProxy(platform: NodeJS.Platform): boolean {
  return questions[platform] !== undefined;
}

/** It answers in some ten milliseconds. */
const usualDeadlineMs = 2_000;

/** Asks the system for its proxy. What cannot be read is a warning and counts as no proxy: it must not stop a command. */
export function readSystemProxy(system: System): Promise<SystemProxy | undefined> {
  const { platform, environment, deadlineMs = usualDeadlineMs, warn } = system;
  const question = questions[platform];
  if (question === undefined) return Promise.resolve(undefined);
  const { command, argv, parse } = question;
  const options = { env: environment, timeout: deadlineMs, killSignal: 'SIGKILL', windowsHide: true } as const;
  return new Promise((resolve) => {
    execFile(command, argv, options, (error, stdout) => {
      if (error === null) return resolve(parse(stdout));
      // Whatever the reason, the way out is the same.
      warn(`the system's proxy setting could not be read (${command}), so none is used; --proxy names one`);
      resolve(undefined);
    });
  });
}
