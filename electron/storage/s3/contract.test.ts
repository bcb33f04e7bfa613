import { at, below } from '../contract/world.ts';
import { storageContract } from '../contract.suite.ts';
import { freshBucket } from './s3-server.fixture.ts';

const capabilities = { rename: false, resumableWrite: true, copy: true, editProperties: true };

storageContract('s3 at a bucket', {
  ...capabilities,
  open: async () => {
    const bucket = await freshBucket();
    return { provider: bucket.provider(), cleanUp: bucket.cleanUp };
  },
});

storageContract('s3 at a prefix', {
  ...capabilities,
  shareUrl: true,
  open: async () => {
    const bucket = await freshBucket();
    return { provider: bucket.provider({ prefix: 'team a/data' }), cleanUp: bucket.cleanUp };
  },
});

storageContract('s3 at an endpoint', {
  ...capabilities,
  shareUrl: true,
  open: async () => {
    const { bucket, provider, cleanUp } = await freshBucket();
    return { provider: below(provider({ bucket: null }), at(bucket)), cleanUp };
  },
});
