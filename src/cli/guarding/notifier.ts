/** What the system's own notifier is told. */
export interface Notice {
  readonly title: string;
  readonly body: string;
}

/** As PowerShell reads it: the texts come in as variables of the environment, and never as code. */
const toast = [
  '[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] > $null',
  '$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent(1)',
  "$texts = $toast.GetElementsByTagName('text')",
  '$texts.Item(0).AppendChild($toast.CreateTextNode($env:CODEX_AUTH_NOTICE_TITLE)) > $null',
  '$texts.Item(1).AppendChild($toast.CreateTextNode($env:CODEX_AUTH_NOTICE_BODY)) > $null',
  "$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'",
  '[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($toast)',
].join('\n');

const script = 'on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run';

/** The notifier's program and arguments, and what it needs of its environment besides; the texts are never code. */
export function notifierFor(
  platform: NodeJS.Platform,
  { title, body }: Notice,
): { readonly argv: readonly string[]; readonly variables: Readonly<Record<string, string>> } {
  if (platform === 'darwin') return { argv: ['osascript', '-e', script, title, body], variables: {} };
  if (platform === 'win32') {
    const encoded = Buffer.from(toast, 'utf16le').toString('base64');
    return {
      argv: ['powershell', '-NoProfile', '-NonInteractive', '-EncodedCommand', encoded],
      variables: { CODEX_AUTH_NOTICE_TITLE: title, CODEX_AUTH_NOTICE_BODY: body },
    };
  }
  // Its body knows some markup.
  const escaped = body.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return { argv: ['notify-send', '--app-name=codex-auth', '--', title, escaped], variables: {} };
}
