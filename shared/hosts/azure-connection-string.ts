import { StowageError } from '../errors.ts';
import { visible } from '../paths.ts';

/** What a connection string says of blobs. */
export interface ConnectionString {
  /** `''` where only the endpoint tells it. */
  readonly account: string;
  readonly endpoint: string | undefined;
  readonly credentials: { readonly key: string } | { readonly sas: string } | 'emulator';
}

/**
 * Reads a connection string of a storage account, `UseDevelopmentStorage=true` included:
 * https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
 * @throws StowageError `bad-request`; values are never repeated in it
 */
export function parseConnectionString(text: string): ConnectionString {
  const trimmed = text.trim().replace(/^(["'])(.*)\1$/s, '$2');
  if (trimmed === '') refuse('The connection string is empty.', 'Copy it from the access keys of the storage account.');
  if (/^https?:\/\//i.test(trimmed))
    refuse('This is an address, not a connection string.', 'Use the form for a container address with SAS.');
  const fields = readFields(trimmed);
  if (/^true$/i.test(fields.get('usedevelopmentstorage') ?? '')) {
    const proxy = fields.get('developmentstorageproxyuri');
    return {
      account: '',
      endpoint: proxy === undefined ? undefined : `${proxy.replace(/\/+$/, '')}:10000`.replace(/(:\d+):10000$/, '$1'),
      credentials: 'emulator',
    };
  }
  refuseOtherServices(fields);
  const account = fields.get('accountname') ?? '';
  const endpoint = endpointOf(fields, account);
  const key = fields.get('accountkey');
  const sas = fields.get('sharedaccesssignature');
  if (key !== undefined) {
    if (account === '') refuse('The connection string names no account (“AccountName=”).', 'Copy the whole connection string.');
    return { account, endpoint, credentials: { key } };
  }
  if (sas === undefined)
    return refuse(
      'The connection string has neither a key (“AccountKey=”) nor a SAS (“SharedAccessSignature=”).',
      'Copy the whole connection string, with its secret part shown.',
    );
  if (account === '' && endpoint === undefined)
    refuse(
      'The connection string names neither an account nor its address (“BlobEndpoint=”).',
      'Copy the whole connection string.',
    );
  return { account, endpoint, credentials: { sas } };
}

/** Keys in lower case. */
function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(';')) {
    const pair = part.trim();
    if (pair === '') continue;
    const cut = pair.indexOf('=');
    if (cut <= 0)
      refuse('This is not a connection string.', 'It looks like DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…');
    const name = pair.slice(0, cut).trim();
    const key = name.toLowerCase();
    if (!/^[a-z]+$/.test(key))
      refuse('This is not a connection string.', 'It looks like DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…');
    if (fields.has(key)) refuse(`The connection string says “${visible(name)}” twice.`, 'Give one connection string only.');
    const value = pair.slice(cut + 1).trim();
    if (value === '') refuse(`“${visible(name)}” is empty in the connection string.`, 'Copy the whole connection string.');
    fields.set(key, value);
  }
  return fields;
}

function refuseOtherServices(fields: ReadonlyMap<string, string>): void {
  const other = fields.has('accountendpoint')
    ? 'Azure Cosmos DB'
    : fields.has('endpoint') && fields.has('sharedaccesskey')
      ? 'Azure Service Bus or Event Hubs'
      : fields.has('hostname')
        ? 'Azure IoT Hub'
        : fields.has('server') || fields.has('datasource')
          ? 'a database'
          : null;
  if (other)
    refuse(
      `This is a connection string of ${other}, not of a storage account.`,
      'Copy the one among the access keys of the storage account.',
    );
}

function endpointOf(fields: ReadonlyMap<string, string>, account: string): string | undefined {
  const given = fields.get('blobendpoint');
  if (given !== undefined) return given;
  const others = ['fileendpoint', 'queueendpoint', 'tableendpoint', 'dfsendpoint'].some((name) => fields.has(name));
  const suffix = fields.get('endpointsuffix');
  const protocol = fields.get('defaultendpointsprotocol');
  if (others && suffix === undefined && protocol === undefined)
    refuse('The connection string has no address for blobs (“BlobEndpoint=”).', 'Copy one that includes the Blob service.');
  if (protocol !== undefined && !/^https?$/i.test(protocol))
    refuse('“DefaultEndpointsProtocol” is neither https nor http.', 'Copy the connection string again.');
  if (account === '' || (suffix === undefined && (protocol === undefined || /^https$/i.test(protocol)))) return undefined;
  return `${(protocol ?? 'https').toLowerCase()}://${account}.blob.${suffix ?? 'core.windows.net'}`;
}

function refuse(message: string, hint: string): never {
  throw new StowageError('bad-request', message, { hint });
}
