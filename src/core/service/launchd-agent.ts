import { type ServiceFacts, serviceWords } from './service-facts.js';
import { xmlText } from './xml-text.js';

export function launchdLabel(id: string): string {
  return `codex-auth.guard.${id}`;
}

/** A launch agent of the person's own, with `@mark@` in a comment. */
export function launchdAgent({ id, node, script, variables }: ServiceFacts): string {
  const words = [node, script, ...serviceWords].map((word) => `    ${string(word)}`);
  const environment = Object.entries(variables).flatMap(([name, value]) => [
    `    <key>${xmlText(name)}</key>`,
    `    ${string(value)}`,
  ]);
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!-- @mark@ -->',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    '  <key>Label</key>',
    `  ${string(launchdLabel(id))}`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...words,
    '  </array>',
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...environment,
    '  </dict>',
    '  <key>WorkingDirectory</key>',
    '  <string>/</string>',
    '  <key>RunAtLoad</key>',
    '  <true/>',
    '  <key>KeepAlive</key>',
    '  <true/>',
    '  <key>ThrottleInterval</key>',
    '  <integer>30</integer>',
    '  <key>ExitTimeOut</key>',
    '  <integer>30</integer>',
    '  <key>ProcessType</key>',
    '  <string>Background</string>',
    '  <key>Umask</key>',
    '  <integer>63</integer>',
    '</dict>',
    '</plist>',
  ].join('\n')}\n`;
}

function string(text: string): string {
  return `<string>${xmlText(text)}</string>`;
}
