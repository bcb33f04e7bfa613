import type { HostAttach, HostKind, HostSettings } from '#shared/contract/hosts.ts';
import { assertNever } from '#shared/errors.ts';
import { baseName } from '#shared/paths.ts';

/** The ways to attach a host: which fields each asks for, and the request that they make. */
export type AttachForm = HostAttach['form'];

export type FieldId =
  | 'root'
  | 'connectionString'
  | 'account'
  | 'key'
  | 'sas'
  | 'url'
  | 'endpoint'
  | 'container'
  | 'prefix'
  | 'region'
  | 'bucket'
  | 'accessKeyId'
  | 'secretAccessKey'
  | 'sessionToken';

/** What was typed so far. Holds secrets: it lives in one dialog and goes with it, never into a store. */
export interface FormValues {
  readonly text: Readonly<Partial<Record<FieldId, string>>>;
  /** Undefined: as is usual for the endpoint. */
  readonly pathStyle?: boolean | undefined;
}

export const noValues: FormValues = { text: {} };

export interface FieldSpec {
  readonly id: FieldId;
  readonly label: string;
  readonly required?: boolean;
  readonly secret?: boolean;
  readonly placeholder?: string;
  readonly hint?: string;
  /** Takes a whole row. */
  readonly wide?: boolean;
}

const account: FieldSpec = { id: 'account', label: 'Account name', required: true, placeholder: 'mydatalake' };
const endpoint: FieldSpec = {
  id: 'endpoint',
  label: 'Endpoint',
  wide: true,
  placeholder: 'https://ACCOUNT.blob.core.windows.net',
  hint: 'Only for sovereign clouds and emulators.',
};
const container: FieldSpec = { id: 'container', label: 'Container', placeholder: 'all of the account' };
const prefix: FieldSpec = { id: 'prefix', label: 'Below the folder', placeholder: 'from the top' };

const fields: Record<AttachForm, readonly FieldSpec[]> = {
  local: [
    {
      id: 'root',
      label: 'Folder',
      required: true,
      wide: true,
      placeholder: '/data/stowage',
      hint: 'An absolute path on the machine that runs Stowage.',
    },
  ],
  'azure-emulator': [
    { ...endpoint, placeholder: 'http://127.0.0.1:10000/devstoreaccount1', hint: 'Where Azurite listens, if not there.' },
    container,
    prefix,
  ],
  'azure-connection-string': [
    {
      id: 'connectionString',
      label: 'Connection string',
      required: true,
      secret: true,
      wide: true,
      placeholder: 'DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…',
      hint: 'In the Azure portal: the storage account, Access keys.',
    },
    container,
    prefix,
  ],
  'azure-key': [account, { id: 'key', label: 'Account key', required: true, secret: true }, container, prefix, endpoint],
  'azure-sas': [
    account,
    { id: 'sas', label: 'Shared access signature', required: true, secret: true, placeholder: 'sv=…&sig=…' },
    container,
    prefix,
    endpoint,
  ],
  'azure-container-sas': [
    {
      id: 'url',
      label: 'Container SAS URL',
      required: true,
      secret: true,
      wide: true,
      placeholder: 'https://ACCOUNT.blob.core.windows.net/CONTAINER?sv=…&sig=…',
    },
    prefix,
  ],
  s3: [
    {
      id: 'endpoint',
      label: 'Endpoint',
      wide: true,
      placeholder: 'https://s3.example.com:9000',
      hint: 'Empty for Amazon S3.',
    },
    { id: 'accessKeyId', label: 'Access key', required: true, placeholder: 'AKIA…' },
    { id: 'secretAccessKey', label: 'Secret key', required: true, secret: true },
    { id: 'region', label: 'Region', placeholder: 'us-east-1' },
    { id: 'sessionToken', label: 'Session token', secret: true, placeholder: 'only for temporary keys' },
    { id: 'bucket', label: 'Bucket', placeholder: 'all of the endpoint' },
    prefix,
  ],
};

export const fieldsOf = (form: AttachForm): readonly FieldSpec[] => fields[form];

export const hasSecrets = (form: AttachForm): boolean => fields[form].some((field) => field.secret);

/** The ways to sign in to a real account of Azure, the usual one first, in words. */
export const azureForms: ReadonlyArray<readonly [AttachForm, string]> = [
  ['azure-connection-string', 'Connection string'],
  ['azure-key', 'Account name and key'],
  ['azure-sas', 'Account name and shared access signature'],
  ['azure-container-sas', 'Container SAS URL'],
];

const typed = ({ text }: FormValues, id: FieldId): string => (text[id] ?? '').trim();

/** The required fields that are still empty. */
export const missingFields = (form: AttachForm, values: FormValues): FieldId[] =>
  fields[form].filter((field) => field.required && typed(values, field.id) === '').map((field) => field.id);

export const isPathStyle = (values: FormValues): boolean => values.pathStyle ?? typed(values, 'endpoint') !== '';

/** The request that the fields make. Whether they are filled is {@link missingFields}'s business. */
export function toAttach(form: AttachForm, values: FormValues): HostAttach {
  const text = (id: FieldId): string => typed(values, id);
  const given = <Id extends FieldId>(...ids: readonly Id[]): { [K in Id]?: string } =>
    Object.fromEntries(ids.map((id) => [id, text(id)]).filter(([, value]) => value !== '')) as { [K in Id]?: string };
  switch (form) {
    case 'local':
      return { form, root: text('root') };
    case 'azure-connection-string':
      return { form, connectionString: text('connectionString'), ...given('container', 'prefix') };
    case 'azure-key':
      return { form, account: text('account'), key: text('key'), ...given('endpoint', 'container', 'prefix') };
    case 'azure-sas':
      return { form, account: text('account'), sas: text('sas'), ...given('endpoint', 'container', 'prefix') };
    case 'azure-container-sas':
      return { form, url: text('url'), ...given('prefix') };
    case 'azure-emulator':
      return { form, ...given('endpoint', 'container', 'prefix') };
    case 's3':
      return {
        form,
        accessKeyId: text('accessKeyId'),
        secretAccessKey: text('secretAccessKey'),
        pathStyle: isPathStyle(values),
        ...given('endpoint', 'region', 'sessionToken', 'bucket', 'prefix'),
      };
    default:
      return assertNever(form);
  }
}

/** How the credentials of a host are given anew: its usual form and what is known of it, which is no secret. */
export function editedForm(settings: HostSettings): { form: AttachForm; values: FormValues } | null {
  switch (settings.kind) {
    case 'local':
      return { form: 'local', values: { text: { root: settings.root } } };
    case 'azure-blob':
      return {
        form: settings.auth === 'key' ? 'azure-key' : 'azure-sas',
        values: {
          text: {
            account: settings.account,
            endpoint: settings.endpoint,
            container: settings.container ?? '',
            prefix: settings.prefix,
          },
        },
      };
    case 's3':
      return {
        form: 's3',
        values: {
          text: {
            endpoint: settings.endpoint ?? '',
            region: settings.region,
            accessKeyId: settings.accessKeyId,
            bucket: settings.bucket ?? '',
            prefix: settings.prefix,
          },
          pathStyle: settings.pathStyle,
        },
      };
    case 'memory':
      return null;
    default:
      return assertNever(settings);
  }
}

/** A name for a host that nobody named yet, of what was typed and is no secret. */
export function suggestHostName(form: AttachForm, values: FormValues, taken: readonly string[]): string {
  const name = (plainName(form, values) || kindNames[kindOf(form)]).slice(0, 60);
  const used = new Set(taken.map((one) => one.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name} ${number}`;
    if (!used.has(free.toLowerCase())) return free;
  }
}

function plainName(form: AttachForm, values: FormValues): string {
  const text = (id: FieldId): string => typed(values, id);
  switch (form) {
    case 'local':
      return baseName(text('root').replace(/\/+$/, ''));
    case 'azure-emulator':
      return text('container') || 'Azure emulator';
    case 'azure-connection-string':
      return text('container') || (/AccountName=([^;]+)/i.exec(text('connectionString'))?.[1] ?? '');
    case 'azure-key':
    case 'azure-sas':
      return text('container') || text('account');
    case 'azure-container-sas':
      return pathOf(text('url'));
    case 's3':
      return text('bucket') || hostOf(text('endpoint'));
    default:
      return assertNever(form);
  }
}

const parsed = (url: string): URL | null => (URL.canParse(url) ? new URL(url) : null);
const pathOf = (url: string): string => baseName(parsed(url)?.pathname.replace(/\/+$/, '') ?? '');
const hostOf = (url: string): string => parsed(url)?.hostname ?? '';

export function kindOf(form: AttachForm): HostKind {
  if (form === 'local' || form === 's3') return form;
  return 'azure-blob';
}

export const kindNames: Record<HostKind, string> = {
  local: 'Local folder',
  'azure-blob': 'Azure Blob Storage',
  s3: 'S3 storage',
  memory: 'In memory',
};
