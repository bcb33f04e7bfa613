import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAzurite, wellKnown } from '../../electron/storage/azure-blob/azurite.fixture.ts';
import { layManyBlobs } from '../../electron/storage/azure-blob/many-blobs.fixture.ts';
import { startFaultProxy } from '../../electron/storage/fault-proxy.fixture.ts';
import { expect, test } from '../fixtures/app.ts';
import { stowage } from '../fixtures/process.ts';
import { FilesPage } from '../pages/files-page.ts';

const count = 100_000;
// A core that kept what it has listed would end for want of memory.
test.use({ environment: { NODE_OPTIONS: '--max-old-space-size=64' } });

/** The largest resident memory that a process has had, in MiB. */
const peakMemory = async (pid: number): Promise<number> =>
  Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test('a folder of 100,000 blobs: rows with the first page of the service, then all of it, sorted and filtered', async ({
  app,
}) => {
  test.slow();
  const location = await mkdtemp(join(tmpdir(), 'stowage-many-'));
  await layManyBlobs(location, 'data', 'many', count);
  const azurite = await startAzurite({ location, accounts: 0 });
  // In front of the service, to know when its first page was out.
  const proxy = await startFaultProxy(azurite.port);
  try {
    const endpoint = `http://127.0.0.1:${proxy.port}/${wellKnown.name}`;
    const secret = `AccountName=${wellKnown.name};AccountKey=${wellKnown.key}`;
    expect(
      await stowage(app.home, ['host', 'add', 'azure', 'cloud', '--container', 'data'], {
        env: { AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;${secret};BlobEndpoint=${endpoint};` },
      }),
    ).toMatchObject({ code: 0 });
    expect(await stowage(app.home, ['vfolder', 'link', 'many', 'cloud:many', '--rw'])).toMatchObject({ code: 0 });
    const files = new FilesPage(app);
    await expect(files.treeItem('many')).toBeVisible();
    // The page itself notes when it has rows: asking it from outside would add the way there.
    const shown = app.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const look = (): void => {
            if (document.querySelector('[role=grid] [role=row] > [role=gridcell]')) resolve(Date.now());
            else requestAnimationFrame(look);
          };
          look();
        }),
    );
    proxy.forget();
    await files.treeItem('many').click();
    const firstRows = await shown;
    const firstPage = proxy.seen.find(({ url }) => url.includes('comp=list'))?.answeredAt ?? Number.NaN;

    await expect(files.summary).toContainText('100,000 items', { timeout: 120_000 });
    const listed = Date.now();
    const memory = Math.round(await peakMemory(app.pid));
    // The last row is that of all only once all are in order.
    await expect(files.summary).not.toContainText(/Reading|Sorting/);
    await files.grid.focus();
    await app.page.keyboard.press('End');
    await expect(files.row('099999.bin')).toBeVisible();
    await app.page.getByRole('searchbox', { name: 'Filter this folder' }).fill('*9999.bin');
    await expect(files.summary).toContainText('10 of 100,000');
    await app.page.getByRole('searchbox', { name: 'Filter this folder' }).press('Escape');
    await files.grid.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
    await app.page.keyboard.press('Home');
    await expect(files.names().first()).toHaveText('099999.bin');

    console.log(
      `100,000 blobs: rows ${firstRows - firstPage} ms after the first page, all after ${listed - firstPage} ms, peak of the core ${memory} MiB`,
    );
    // The goal is 300 ms at rest; other tests use the machine at the same time.
    expect(firstRows - firstPage).toBeLessThan(1000);
    expect(memory).toBeLessThan(450);
  } finally {
    await proxy.close();
    await azurite.stop();
    await rm(location, { recursive: true, force: true });
  }
});
