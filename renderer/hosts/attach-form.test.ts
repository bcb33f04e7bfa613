import { describe, expect, test } from 'vitest';
import { type HostSettings, hostAttachSchema } from '#shared/contract/hosts.ts';
import {
  type AttachForm,
  editedForm,
  type FormValues,
  fieldsOf,
  missingFields,
  suggestHostName,
  toAttach,
} from './attach-form.ts';

const forms: readonly AttachForm[] = [
  'local',
  'azure-connection-string',
  'azure-key',
  'azure-sas',
  'azure-container-sas',
  'azure-emulator',
  's3',
];

const filled = (form: AttachForm): FormValues => ({
  text: Object.fromEntries(fieldsOf(form).map(({ id }) => [id, ` ${id}-value `])),
});

describe('the forms that attach a host', () => {
  test.each(forms)('%s makes a request that the contract takes, with every field in it, trimmed', (form) => {
    const attach = toAttach(form, filled(form));
    expect(hostAttachSchema.parse(attach)).toEqual(attach);
    for (const { id } of fieldsOf(form)) expect(attach).toHaveProperty(id, `${id}-value`);
    expect(missingFields(form, filled(form))).toEqual([]);
  });

  test.each(forms)('%s leaves out what is empty and names the required fields', (form) => {
    const required = fieldsOf(form).filter((field) => field.required);
    expect(missingFields(form, { text: {} })).toEqual(required.map(({ id }) => id));
    const only: FormValues = { text: Object.fromEntries(required.map(({ id }) => [id, 'x'])) };
    const expected = ['form', ...required.map(({ id }) => id), ...(form === 's3' ? ['pathStyle'] : [])];
    expect(Object.keys(toAttach(form, only)).sort()).toEqual(expected.sort());
  });

  test('an endpoint of one’s own is addressed by path unless said otherwise', () => {
    const own: FormValues = { text: { endpoint: 'https://s3.example.com' } };
    expect(toAttach('s3', { text: {} })).toMatchObject({ pathStyle: false });
    expect(toAttach('s3', own)).toMatchObject({ pathStyle: true });
    expect(toAttach('s3', { ...own, pathStyle: false })).toMatchObject({ pathStyle: false });
  });

  test('credentials given anew point at the same place', () => {
    const settings: HostSettings = {
      kind: 's3',
      endpoint: 'https://s3.example.com',
      region: 'eu-1',
      pathStyle: true,
      bucket: 'photos',
      prefix: 'raw',
      accessKeyId: 'id',
    };
    const edited = editedForm(settings);
    expect(edited && toAttach(edited.form, edited.values)).toEqual({
      form: 's3',
      endpoint: 'https://s3.example.com',
      region: 'eu-1',
      pathStyle: true,
      bucket: 'photos',
      prefix: 'raw',
      accessKeyId: 'id',
      secretAccessKey: '',
    });
  });
});

describe('the name that is suggested for a host', () => {
  test.each([
    ['local', { root: '/srv/big data/' }, 'big data'],
    ['local', {}, 'Local folder'],
    ['azure-connection-string', { connectionString: 'AccountName=lake;AccountKey=topsecret' }, 'lake'],
    ['azure-container-sas', { url: 'https://a.blob.core.windows.net/photos?sv=1&sig=topsecret' }, 'photos'],
    ['azure-key', { account: 'lake', key: 'topsecret' }, 'lake'],
    ['azure-emulator', {}, 'Azure emulator'],
    ['s3', { endpoint: 'https://s3.example.com:9000', secretAccessKey: 'topsecret' }, 's3.example.com'],
  ] as const)('%s %j', (form, text, name) => {
    expect(suggestHostName(form, { text }, [])).toBe(name);
    expect(suggestHostName(form, { text }, [name.toUpperCase()])).toBe(`${name} 2`);
  });
});
