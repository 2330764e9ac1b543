import type { Secret } from '../secret.js';

/** What a file is sealed with, in the age format, so that `age` itself opens it as well. */
export type SealingKey =
  | { readonly kind: 'passphrase'; readonly passphrase: Secret }
  /** Public keys, so that sealing needs no secret. */
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] };

export type OpeningKey =
  | { readonly kind: 'passphrase'; readonly passphrase: Secret }
  | { readonly kind: 'identities'; readonly identities: readonly Secret[] };

const binaryMark = 'age-encryption.org/v1\n';
const armorMark = '-----BEGIN AGE ENCRYPTED FILE-----';

export function isSealed(content: Buffer): boolean {
  const head = content.subarray(0, 64).toString('latin1').trimStart();
  return head.startsWith(binaryMark) || head.startsWith(armorMark);
}

/** Loads the library only where something is sealed or opened: it is large. */
const loadAge = () => import('age-encryption');

/** Whether a text looks like a public key of age. The library itself refuses kinds that it does not know. */
export function isRecipient(text: string): boolean {
  return /^age1[a-z0-9]{20,}$/.test(text);
}

/** Throws the library's error for a recipient that it does not know. */
export async function seal(content: string, key: SealingKey): Promise<Uint8Array> {
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  if (key.kind === 'passphrase') encrypter.setPassphrase(key.passphrase.reveal());
  else for (const recipient of key.recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(content);
}

/** The opened content; undefined where this key does not open it, or it is damaged. */
export async function unseal(content: Buffer, key: OpeningKey): Promise<Buffer | undefined> {
  const { Decrypter, armor } = await loadAge();
  const decrypter = new Decrypter();
  try {
    if (key.kind === 'passphrase') decrypter.addPassphrase(key.passphrase.reveal());
    else for (const identity of key.identities) decrypter.addIdentity(identity.reveal());
    const text = content.toString('latin1').trim();
    return Buffer.from(await decrypter.decrypt(text.startsWith(armorMark) ? armor.decode(text) : content));
  } catch {
    // The library's errors tell no more, and a wrong passphrase looks like damage.
    return undefined;
  }
}

/** The secret keys in a file as `age-keygen` writes it. */
export function identitiesIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
}
