import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { s3Attach } from './host-attach.ts';

let folder: string;
let files: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-aws-'));
  const [credentials, config] = [join(folder, 'credentials'), join(folder, 'config')];
  writeFileSync(
    credentials,
    '[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key=default-secret\n\n[lab]\naws_access_key_id=ASIALAB\naws_secret_access_key = lab=secret\naws_session_token = token==\n',
  );
  writeFileSync(
    config,
    '[default]\nregion = eu-west-1\n\n# of the lab\n[profile lab]\nregion=eu-central-1\nendpoint_url = https://store.example\ns3 =\n  addressing_style = path\n[profile other]\nregion=us-west-2\n',
  );
  files = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
});
afterEach(() => rmSync(folder, { recursive: true }));

it('takes key pair, region and endpoint from a profile of the AWS command line', async () => {
  expect(await s3Attach({ profile: 'lab', bucket: 'data' }, files)).toEqual({
    form: 's3',
    accessKeyId: 'ASIALAB',
    secretAccessKey: 'lab=secret',
    sessionToken: 'token==',
    endpoint: 'https://store.example',
    bucket: 'data',
  });
  expect(await s3Attach({ profile: 'default', bucket: 'data' }, files)).toMatchObject({
    accessKeyId: 'AKIADEFAULT',
    region: 'eu-west-1',
  });
  await expect(s3Attach({ profile: 'nobody' }, files)).rejects.toMatchObject({ code: 'not-found' });
});

it('takes the key pair of the environment, its token only with its own id', async () => {
  const environment = {
    AWS_ACCESS_KEY_ID: 'ASIAENV',
    AWS_SECRET_ACCESS_KEY: 'env-secret',
    AWS_SESSION_TOKEN: 'token',
    AWS_REGION: 'eu-north-1',
  };
  expect(await s3Attach({}, environment)).toEqual({
    form: 's3',
    accessKeyId: 'ASIAENV',
    secretAccessKey: 'env-secret',
    sessionToken: 'token',
    region: 'eu-north-1',
  });
  expect(await s3Attach({ accessKeyId: 'AKIAOTHER', endpoint: 'http://127.0.0.1:9000' }, environment)).toEqual({
    form: 's3',
    accessKeyId: 'AKIAOTHER',
    secretAccessKey: 'env-secret',
    endpoint: 'http://127.0.0.1:9000',
  });
});

it('never takes the secret of a profile for another key id', async () => {
  await expect(s3Attach({ profile: 'lab', accessKeyId: 'AKIAOTHER' }, files)).rejects.toMatchObject({ code: 'bad-request' });
});

it('says how an id is given when there is none', async () => {
  await expect(s3Attach({}, {})).rejects.toMatchObject({ message: 'The access key id is not given.' });
});
