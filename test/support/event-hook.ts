import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccountEvent, eventSchemas } from '../../src/core/events/event.js';
import type { TestHome } from './test-home.js';

/** A command for `onEvent` that writes down what it is told; as a variable of the environment. */
export const keepingHook = { CODEX_AUTH_ON_EVENT: JSON.stringify(['sh', '-c', 'cat >> "$CODEX_HOME/told"']) };

/** What that command was told so far, each of the published shape. */
export function eventsTold({ codexHome }: Pick<TestHome, 'codexHome'>): AccountEvent[] {
  const told = join(codexHome, 'told');
  if (!existsSync(told)) return [];
  const lines = readFileSync(told, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const event: AccountEvent = JSON.parse(line);
    const { success, error } = eventSchemas[event.name].safeParse(event);
    if (!success) throw new Error(`${event.name} has another shape: ${error.message}`);
    return event;
  });
}
