import { expect, test } from '../fixtures/app.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { writePreviewFiles } from '../fixtures/preview-files.ts';
import { FilesPage } from '../pages/files-page.ts';
import { PreviewPage } from '../pages/preview-page.ts';

test('images and sound are shown from the app’s own scheme, with ranges, and run nothing', async ({ app }) => {
  const files = new FilesPage(app);
  const preview = new PreviewPage(files);
  await files.createVfolder('kinds');
  await writePreviewFiles(onDisk(app, 'kinds'));
  await files.page.keyboard.press('F5');
  await files.row('drawing.svg').click();
  await files.page.keyboard.press('Space');
  await expect.poll(() => preview.image.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(120);
  const answer = await preview.image.evaluate(async (image) => {
    const url = (image as HTMLImageElement).src;
    const part = await fetch(url, { headers: { range: 'bytes=1-3' } });
    const gone = await fetch(new URL('/preview/unknown', url));
    return {
      status: part.status,
      text: await part.text(),
      policy: part.headers.get('content-security-policy'),
      gone: gone.status,
    };
  });
  expect(answer).toEqual({ status: 206, text: 'svg', policy: expect.stringMatching(/default-src 'none'.*sandbox/), gone: 404 });
  expect(await files.page.evaluate(() => (window as { pwned?: unknown }).pwned)).toBeUndefined();
  await files.row('tone.wav').click();
  await expect
    .poll(() => preview.pane.locator('audio').evaluate((audio) => (audio as HTMLAudioElement).duration))
    .toBeCloseTo(1, 1);
});
