/** What a storage host needs beside its settings (contract/hosts.ts); kept by the secret store, never in the database. */
export type HostSecret =
  | { readonly key: string }
  | { readonly sas: string }
  | { readonly secretAccessKey: string; readonly sessionToken?: string };

/** The texts of a secret that nobody may read: what is taken out of messages and logs. */
export function secretTexts(secret: HostSecret): string[] {
  if ('key' in secret) return [secret.key];
  if ('sas' in secret) return [secret.sas, ...signatureOf(secret.sas)];
  return [secret.secretAccessKey, ...(secret.sessionToken === undefined ? [] : [secret.sessionToken])];
}

/** The signature of a SAS, encoded as it stands there and plain: without it the rest opens nothing. */
function signatureOf(sas: string): string[] {
  const [, encoded] = /(?:^|&)sig=([^&]+)/.exec(sas) ?? [];
  return encoded === undefined ? [] : [encoded, decode(encoded)];
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
