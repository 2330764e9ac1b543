/** `me@example.com` → `m***@e***`: enough to tell one's own accounts apart, not enough to read off a screenshot. */
export function maskEmail(email: string): string {
  const [name = '', domain = ''] = email.split('@');
  return `${name.slice(0, 1)}***@${domain.slice(0, 1)}***`;
}

/** Everything in a text that looks like an email address, wherever it came from: the net below `--mask`. */
export function maskEmails(text: string): string {
  return text.replace(/[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+/gu, maskEmail);
}
