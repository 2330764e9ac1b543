import { createHash } from 'node:crypto';

/** What the browser shows at the end of a sign-in. `lines` are plain text; the page escapes them. */
export interface CallbackPage {
  readonly tone: 'success' | 'failure' | 'neutral';
  readonly title: string;
  readonly lines: readonly string[];
}

const pageStyle = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--text:#1c2024;--quiet:#60646c;--edge:#e2e4e8;--tone:#60646c}
@media (prefers-color-scheme:dark){:root{--ground:#111214;--card:#1a1c1f;--text:#edeef0;--quiet:#a0a4ab;--edge:#2c2f34}}
.success{--tone:#2b8a57}.failure{--tone:#c9372c}
@media (prefers-color-scheme:dark){.success{--tone:#4cc38a}.failure{--tone:#ff6b5e}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--text);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:27rem;padding:2.5rem 2rem;text-align:center;background:var(--card);
border:1px solid var(--edge);border-radius:16px}
.mark{width:3.25rem;height:3.25rem;margin:0 auto 1.25rem;display:grid;place-items:center;border-radius:50%;
border:2px solid var(--tone);color:var(--tone);font-size:1.5rem;line-height:1}
h1{margin:0 0 .5rem;font-size:1.3rem;font-weight:650;letter-spacing:-.01em}
p{margin:.5rem 0 0;color:var(--quiet);overflow-wrap:anywhere}
footer{margin-top:1.75rem;font-size:.8rem;color:var(--quiet)}
`;

const marks = { success: '✓', failure: '!', neutral: '…' } as const;

/** Nothing is loaded, run, framed or sent from the page; its one style sheet is allowed by its hash. */
const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The address of the page holds the code, hence no cache and no referrer. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': contentPolicy,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export function signedInPage(email?: string): CallbackPage {
  const who = email === undefined ? 'The account is' : `${email} is`;
  return {
    tone: 'success',
    title: 'Signed in',
    lines: [`${who} ready in codex auth.`, 'You can close this tab and return to the terminal.'],
  };
}

export function failedPage(message: string): CallbackPage {
  return {
    tone: 'failure',
    title: 'Sign-in failed',
    lines: [sentence(message), 'Return to the terminal to try again.'],
  };
}

/** Messages are parts of sentences; the page shows whole ones. */
function sentence(message: string): string {
  return `${message.slice(0, 1).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
}

export const stateMismatchPage: CallbackPage = {
  tone: 'failure',
  title: 'State mismatch',
  lines: ['This answer belongs to another sign-in. Use the address that the terminal shows now.'],
};

export const endedPage: CallbackPage = {
  tone: 'neutral',
  title: 'This sign-in has ended',
  lines: ['Return to the terminal to see how, or to start again.'],
};

export const stillWorkingPage: CallbackPage = {
  tone: 'neutral',
  title: 'Almost there',
  lines: ['The terminal is still finishing the sign-in. You can close this tab.'],
};

export function renderCallbackPage(page: CallbackPage): string {
  const lines = page.lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)} · codex auth</title>
<style>${pageStyle}</style>
</head>
<body class="${page.tone}">
<main>
<div class="mark" aria-hidden="true">${marks[page.tone]}</div>
<h1>${escapeHtml(page.title)}</h1>
${lines}
<footer>codex auth</footer>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
