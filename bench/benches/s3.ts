import { randomUUID } from 'node:crypto';
import { removeTree } from '../../electron/storage/remove-tree.ts';
import { createS3Provider, type S3Provider } from '../../electron/storage/s3/provider.ts';
import { runPool } from '../../electron/storage/task-pool.ts';
import { type S3Server, startCeph } from '../../scripts/ceph.mjs';
import type { HostAttach } from '../../shared/contract/hosts.ts';
import { joinPath, parseInnerPath } from '../../shared/paths.ts';
import { type RemotePlace, remoteBenches } from '../remote-benches.ts';

/** One server for all benchmarks of a run; it dies with this process. */
let server: Promise<S3Server> | null = null;

async function open(): Promise<RemotePlace & { readonly provider: S3Provider }> {
  server ??= startCeph();
  const { endpoint, accessKeyId, secretAccessKey } = await server;
  const place = { endpoint, region: 'us-east-1', pathStyle: true };
  const provider = createS3Provider({ kind: 's3', ...place, bucket: null, prefix: '', accessKeyId }, { secretAccessKey });
  const container = `bench-${randomUUID()}`;
  const folder = parseInnerPath(container);
  await provider.makeDirectory(folder);
  const attach: HostAttach = { form: 's3', ...place, accessKeyId, secretAccessKey };
  return {
    provider,
    attach,
    container,
    rclone: {
      // Debian's rclone fails with it.
      AWS_CA_BUNDLE: undefined,
      RCLONE_CONFIG_R_TYPE: 's3',
      RCLONE_CONFIG_R_PROVIDER: 'Ceph',
      RCLONE_CONFIG_R_ENDPOINT: endpoint,
      RCLONE_CONFIG_R_ACCESS_KEY_ID: accessKeyId,
      RCLONE_CONFIG_R_SECRET_ACCESS_KEY: secretAccessKey,
    },
    close: async () => {
      await removeTree(provider, folder);
      await provider.close();
    },
  };
}

async function openListed(count: number): Promise<RemotePlace> {
  const place = await open();
  const folder = joinPath(parseInnerPath(place.container), 'many');
  function* writes(): Generator<() => Promise<void>> {
    for (let index = 0; index < count; index++) {
      const path = joinPath(folder, `sample-${String(index).padStart(5, '0')}.bin`);
      const body = async function* (): AsyncGenerator<Uint8Array> {};
      yield async () => void (await place.provider.write(path, body(), { size: 0 }));
    }
  }
  await runPool(writes(), 32);
  return place;
}

export const s3Benches = remoteBenches({ name: 's3', server: 'Ceph', open, openListed });
