import type { HostAttach, HostSettings } from '../contract/hosts.ts';
import { StowageError } from '../errors.ts';
import { parseInnerPath, visible } from '../paths.ts';
import { parseConnectionString } from './azure-connection-string.ts';
import type { HostSecret } from './host-secret.ts';
import { parseSas, type Sas } from './sas.ts';
import { isBareHost, origin, parseWebAddress } from './web-address.ts';

export type AzureSettings = Extract<HostSettings, { kind: 'azure-blob' }>;
type AzureAttach = Extract<HostAttach, { form: `azure-${string}` }>;

/** Azurite's account, the same on every machine: https://learn.microsoft.com/azure/storage/common/storage-use-azurite */
export const emulatorAccount = 'devstoreaccount1';
export const emulatorKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const emulatorEndpoint = `http://127.0.0.1:10000/${emulatorAccount}`;

interface Place {
  readonly container?: string | undefined;
  readonly prefix?: string | undefined;
}
type Parsed = { settings: AzureSettings; secret: HostSecret };

/** Every form of an Azure Blob host, as settings and secret. @throws StowageError `bad-request`, `path-refused` */
export function parseAzureAttach(attach: AzureAttach): Parsed {
  switch (attach.form) {
    case 'azure-emulator': {
      const endpoint = attach.endpoint?.trim() || emulatorEndpoint;
      return withKey(emulatorAccount, emulatorKey, endpoint, attach);
    }
    case 'azure-key':
      return withKey(attach.account, attach.key, attach.endpoint, attach);
    case 'azure-sas':
      return withSas(attach.account, parseSas(attach.sas), attach.endpoint, attach);
    case 'azure-container-sas':
      return fromAddress(attach.url, attach.prefix);
    case 'azure-connection-string': {
      const found = parseConnectionString(attach.connectionString);
      if (found.credentials === 'emulator')
        return withKey(emulatorAccount, emulatorKey, found.endpoint ?? emulatorEndpoint, attach);
      if ('key' in found.credentials) return withKey(found.account, found.credentials.key, found.endpoint, attach);
      const sas = parseSas(found.credentials.sas);
      const { endpoint } = found;
      if (found.account !== '') return withSas(found.account, sas, endpoint, attach);
      return withSas(accountOf(endpoint ?? '', 'the BlobEndpoint'), sas, endpoint, attach);
    }
  }
}

function withKey(accountText: string, keyText: string, endpoint: string | undefined, place: Place): Parsed {
  const { account, endpoint: address } = placeOfAccount(accountText, endpoint);
  return {
    settings: { kind: 'azure-blob', endpoint: address, account, ...parsePlace(place), auth: 'key', expiresAt: null },
    secret: { key: parseKey(keyText) },
  };
}

function withSas(accountText: string, sas: Sas, endpoint: string | undefined, place: Place): Parsed {
  const { account, endpoint: address } = placeOfAccount(accountText, endpoint);
  const where = parsePlace(place);
  if (sas.scope === 'container' && where.container === null) {
    throw new StowageError('bad-request', 'This SAS is for one container, and the container is not named.', {
      hint: 'Name the container, or make a SAS for the whole account.',
    });
  }
  checkScheme(address, sas);
  return {
    settings: { kind: 'azure-blob', endpoint: address, account, ...where, auth: 'sas', expiresAt: sas.expiresAt },
    secret: { sas: sas.token },
  };
}

/** `https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX?SAS`, or with the account as the first part of the path. */
function fromAddress(text: string, prefix: string | undefined): Parsed {
  const what = 'the address of the container';
  const address = parseWebAddress(text, what);
  if (/(^|\.)portal\.azure\./.test(address.host)) {
    throw new StowageError('bad-request', 'This is an address of the Azure portal, not of a container.', {
      hint: 'In the portal open the container, choose “Shared access tokens”, and copy the “Blob SAS URL”.',
    });
  }
  if (address.query === '') {
    throw new StowageError('bad-request', 'The address has no SAS: nothing follows a “?”.', {
      hint: 'Copy the “Blob SAS URL”, not the plain address of the container.',
    });
  }
  const sas = parseSas(address.query);
  const bare = isBareHost(address.host);
  const account = bare ? (address.path[0] ?? '') : (address.host.split('.')[0] ?? '');
  const [container, ...folders] = bare ? address.path.slice(1) : address.path;
  if (container === undefined && sas.scope === 'container') {
    throw new StowageError('bad-request', 'The address does not name the container that its SAS is for.', {
      hint: 'It looks like https://ACCOUNT.blob.core.windows.net/CONTAINER?sv=…&sig=…',
    });
  }
  const endpoint = bare ? `${origin(address)}/${account}` : origin(address);
  const inner = [...folders, ...(prefix ? [prefix] : [])].join('/');
  return withSas(account, sas, endpoint, { container, prefix: inner });
}

/** The account and the endpoint without container, which agree. */
function placeOfAccount(accountText: string, endpointText: string | undefined): { account: string; endpoint: string } {
  const account = accountText.trim();
  if (/[/:]/.test(account)) {
    throw new StowageError('bad-request', 'The account is given as an address.', {
      hint: 'Give its name only, e.g. “mydata” of https://mydata.blob.core.windows.net.',
    });
  }
  if (account === '')
    throw new StowageError('bad-request', 'The name of the storage account is empty.', { hint: 'Name the account.' });
  if (!endpointText?.trim()) {
    if (!/^[a-z0-9]{3,24}$/.test(account)) {
      throw new StowageError('bad-request', `“${visible(account)}” cannot be the name of a storage account.`, {
        subject: account,
        hint: 'Names of accounts have 3 to 24 lower-case letters and digits. For another service give its endpoint too.',
      });
    }
    return { account, endpoint: `https://${account}.blob.core.windows.net` };
  }
  const address = parseWebAddress(endpointText, 'the endpoint');
  if (!/^[A-Za-z0-9-]{1,63}$/.test(account)) {
    throw new StowageError('bad-request', `“${visible(account)}” cannot be the name of a storage account.`, { subject: account });
  }
  if (address.query !== '') {
    throw new StowageError('bad-request', 'The endpoint has a “?” and something after it.', {
      hint: 'Give the address only; a SAS has a field of its own.',
    });
  }
  return { account, endpoint: endpointOf(address, account) };
}

function endpointOf(address: ReturnType<typeof parseWebAddress>, account: string): string {
  const [first, ...more] = address.path;
  const inPath = isBareHost(address.host);
  if (more.length > 0 || (first !== undefined && !inPath)) {
    throw new StowageError('bad-request', 'The endpoint has a path that is not the account.', {
      hint: 'Give the container and the folder in their own fields.',
    });
  }
  const named = inPath ? first : /^([^.]+)\.blob\./.exec(address.host)?.[1];
  if (named !== undefined && named.replace(/-secondary$/, '') !== account) {
    throw new StowageError('bad-request', `The endpoint is that of the account “${visible(named)}”, not of “${account}”.`, {
      subject: account,
      hint: 'Correct the account or the endpoint.',
    });
  }
  return inPath ? `${origin(address)}/${account}` : origin(address);
}

function accountOf(endpoint: string, what: string): string {
  const address = parseWebAddress(endpoint, what);
  return (isBareHost(address.host) ? address.path[0] : address.host.split('.')[0]) ?? '';
}

function parsePlace({ container, prefix }: Place): { container: string | null; prefix: string } {
  const name = container?.trim() || null;
  if (name !== null) checkContainerName(name);
  const inner = parseInnerPath((prefix ?? '').trim());
  if (inner !== '' && name === null) {
    throw new StowageError('bad-request', 'A folder to begin at needs a container.', { hint: 'Name the container too.' });
  }
  return { container: name, prefix: inner };
}

/** https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
function checkContainerName(name: string): void {
  const refuse = (why: string): never => {
    throw new StowageError('bad-request', `“${visible(name)}” cannot be the name of a container: ${why}.`, {
      subject: name,
      hint: 'Containers have 3 to 63 lower-case letters, digits and single hyphens.',
    });
  };
  if (name === '$root' || name === '$web' || name === '$logs') return;
  if (name.includes('/')) refuse('a folder in it belongs into the field of the folder');
  if (/[A-Z]/.test(name)) refuse('it has capital letters');
  if (name.length < 3 || name.length > 63) refuse(`it has ${name.length} characters`);
  if (/[^a-z0-9-]/.test(name)) refuse('it has other characters than letters, digits and hyphens');
  if (/^-|-$|--/.test(name)) refuse('hyphens stand alone, between letters or digits');
}

function parseKey(text: string): string {
  const key = text.trim();
  const refuse = (message: string, hint: string): never => {
    throw new StowageError('bad-request', message, { hint });
  };
  if (key === '') refuse('The account key is empty.', 'Copy “key1” or “key2” of the account’s access keys.');
  if (/AccountKey=/i.test(key)) refuse('This is a connection string, not a key.', 'Use the form for a connection string.');
  if (/(^|[?&])sig=/.test(key)) refuse('This is a SAS, not a key.', 'Use the form for a SAS.');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key))
    refuse(
      'The account key has characters that a key cannot have.',
      'Copy it again: it is Base64, letters, digits, “+”, “/” and “=”.',
    );
  if (key.length % 4 !== 0) refuse('The account key is not whole.', 'Copy it again, up to its last “=”.');
  return key;
}

/** @throws `bad-request` for an address that the SAS does not allow */
function checkScheme(endpoint: string, sas: Sas): void {
  if (!sas.httpsOnly || endpoint.startsWith('https:')) return;
  throw new StowageError('bad-request', 'This SAS may be used over https only, and the address begins with http://.', {
    hint: 'Begin the address with https://.',
  });
}
