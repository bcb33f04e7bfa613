import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '../fixtures/app.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { stowage } from '../fixtures/process.ts';
import { FilesPage } from '../pages/files-page.ts';

test('a file that is pressed and dragged carries a link for other programs, and can still be dropped inside', async ({ app }) => {
  await stowage(app.home, ['vfolder', 'create', 'data']);
  await stowage(app.home, ['mkdir', 'data:/folder']);
  await writeFile(onDisk(app, 'data', 'a:b.txt'), 'out of the window');
  const files = new FilesPage(app);
  await files.open();
  const { page } = app;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await files.goTo('data:/');
  await page.evaluate(() => {
    document.addEventListener('dragstart', (event) => {
      document.body.dataset.link = event.dataTransfer?.getData('DownloadURL') ?? '';
    });
  });
  // The link is made over the socket, while the button is held.
  const made = new Promise<void>((resolve) => {
    session.on('Network.webSocketFrameReceived', ({ response }) => {
      if (response.payloadData.includes('/download/')) resolve();
    });
  });
  await files.row('a:b.txt').hover();
  await page.mouse.down();
  await made;
  await files.row('folder').hover();
  await files.row('folder').hover();
  await page.mouse.up();
  await expect(files.row('a:b.txt')).toBeHidden();
  expect(await readFile(onDisk(app, 'data', 'folder/a:b.txt'), 'utf8')).toBe('out of the window');
  const link = await page.evaluate(() => document.body.dataset.link ?? '');
  expect(link).toMatch(/^application\/octet-stream:a_b\.txt:http:\/\/127\.0\.0\.1:\d+\/download\/[\w-]+$/);
});
