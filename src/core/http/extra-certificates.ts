import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';
import { environmentVariables } from '../environment.js';
import { AppError } from '../errors.js';
import { describe } from '../storage/file-errors.js';
import { readNow } from '../storage/regular-file.js';

/**
 * Trust in what Node trusts, and in the authorities of a PEM file besides: what the official client makes of the same
 * variable. A file without usable certificates is an error, because no server of those authorities is reached without
 * them.
 *
 * @throws AppError `usage`
 */
export function trustWith(path: string): tls.SecureContext {
  const certificates = readFile(path).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw unusable(path, 'which holds no certificate in PEM form');
  for (const certificate of certificates) assertReadable(path, certificate);
  return tls.createSecureContext({ ca: [...trustedByNode(), ...certificates] });
}

/** The list that we pass replaces Node's own, so it must include that. Node 20 tells its built-in certificates only. */
function trustedByNode(): readonly string[] {
  // This function is newer than the oldest Node we run on, and than the types we compile with.
  const { getCACertificates } = tls as { readonly getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}

function readFile(path: string): string {
  try {
    return readNow(path).toString('utf8');
  } catch (error) {
    throw unusable(path, `which cannot be read (${describe(error)})`);
  }
}

function assertReadable(path: string, certificate: string): void {
  try {
    new X509Certificate(certificate);
  } catch {
    // What OpenSSL says about it names the place in the encoding and helps nobody.
    throw unusable(path, 'which holds a damaged certificate');
  }
}

function unusable(path: string, why: string): AppError {
  const variable = environmentVariables.caCertificate;
  return new AppError('usage', `${variable} names ${path}, ${why}`, {
    hint: `name a PEM file with the certificate of your authority, or unset ${variable}`,
  });
}
