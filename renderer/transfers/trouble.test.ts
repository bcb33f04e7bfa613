import { expect, test } from 'vitest';
import type { Host } from '#shared/contract/hosts.ts';
import type { Transfer } from '#shared/contract/transfers.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { hostInTrouble, isTrouble, lacksCredentials } from './trouble.ts';

const host = (id: string, kind: Host['kind'], state: Host['status']['state'] = 'ok'): Host => ({
  id,
  name: `Host ${id}`,
  kind,
  root: '',
  settings: { kind: 'memory' },
  secret: 'keychain',
  readOnly: false,
  isDefault: false,
  status: { state, message: '', hint: null, checkedAt: null },
  freeBytes: null,
  totalBytes: null,
  vfolders: [],
});

const vfolderOn = (name: string, { id, name: hostName, kind }: Host): Vfolder => ({
  id: name,
  name,
  host: { id, name: hostName, kind },
  kind: 'managed',
  usage: 'data',
  permission: 'rw',
  note: '',
  mountPath: null,
  automount: false,
  localPath: null,
  place: '',
  broken: null,
  createdAt: 0,
  lastUsedAt: null,
  trashedAt: null,
});

const transfer = (source: string, destinationVfolder: string | null, subject?: string): Transfer => ({
  id: 1,
  kind: 'copy',
  title: '',
  source,
  destination: '',
  destinationVfolder,
  state: 'paused',
  scanned: true,
  files: { total: 1, done: 0, skipped: 0, failed: 0 },
  bytes: { total: 1, done: 0 },
  speed: 0,
  etaSeconds: null,
  conflict: 'ask',
  conflicts: 0,
  stalledSince: null,
  sync: null,
  problem: { code: 'credentials-expired', message: 'The SAS expired.', ...(subject && { subject }) },
  position: 1,
  createdAt: 0,
  ranMs: 0,
  endedAt: null,
});

const disk = host('disk', 'local');
const lake = host('lake', 'azure-blob');
const bucket = host('bucket', 's3', 'error');
const hosts = [disk, lake, bucket];
const vfolders = [vfolderOn('here', disk), vfolderOn('data', lake), vfolderOn('copies', bucket)];

test('the host that the problem names is the one in trouble', () => {
  expect(hostInTrouble(transfer('data:/a', 'copies', 'Host lake'), hosts, vfolders)).toBe(lake);
  expect(hostInTrouble(transfer('data:/a', 'copies', 'lake'), hosts, vfolders)).toBe(lake);
});

test('without a name it is the remote end, and of two the one whose check failed', () => {
  expect(hostInTrouble(transfer('data:/a', 'here'), hosts, vfolders)).toBe(lake);
  expect(hostInTrouble(transfer('/home/ada/a', 'data'), hosts, vfolders)).toBe(lake);
  expect(hostInTrouble(transfer('data:/a', 'copies'), hosts, vfolders)).toBe(bucket);
  expect(hostInTrouble(transfer('/home/ada/a', 'here'), hosts, vfolders)).toBeNull();
});

test('a transfer in trouble stands still with a problem', () => {
  expect(isTrouble(transfer('a', 'b'))).toBe(true);
  expect(isTrouble({ ...transfer('a', 'b'), state: 'running' })).toBe(false);
  expect(isTrouble({ ...transfer('a', 'b'), problem: null })).toBe(false);
});

test('a lack of permission asks for credentials only while the host itself is not usable', () => {
  const denied = (vfolder: string): Transfer => ({
    ...transfer('/home/ada/a', vfolder),
    problem: { code: 'permission-denied', message: 'Not allowed.' },
  });
  expect(lacksCredentials(denied('copies'), hosts, vfolders)).toBe(bucket);
  expect(lacksCredentials(denied('data'), hosts, vfolders)).toBeNull();
  expect(lacksCredentials(transfer('/home/ada/a', 'data'), hosts, vfolders)).toBe(lake);
});
