import type { Account } from './people.js';

/** A page with one button per account and one to refuse; `action` receives `account=<key>` or `deny=1`. */
export function chooserPage(title: string, action: string, accounts: readonly Account[], extraFields = ''): string {
  const buttons = accounts.map(
    ({ key, email, workspaceName, planType }) =>
      `<p><button name="account" value="${escapeHtml(key)}">${escapeHtml(`${email} · ${workspaceName} (${planType})`)}</button></p>`,
  );
  return page(
    title,
    `<form method="post" action="${escapeHtml(action)}">${extraFields}${buttons.join('\n')}
<p><button name="deny" value="1">Refuse</button></p></form>`,
  );
}

export function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body><h1>${escapeHtml(title)}</h1><p>Stand-in for the provider. No real account is involved.</p>
${content}</body></html>\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
