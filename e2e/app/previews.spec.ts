import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { withAzure } from '../fixtures/cloud.ts';
import { onDisk } from '../fixtures/on-disk.ts';
import { hostileName, previewFiles, writePreviewFiles } from '../fixtures/preview-files.ts';
import { stowage } from '../fixtures/process.ts';
import { photographer } from '../fixtures/screens.ts';
import { FilesPage } from '../pages/files-page.ts';
import { PreviewPage } from '../pages/preview-page.ts';

const shownHostile = '<img src=x onerror=window.pwned=1>⟨U+202E⟩gpj.txt';

/** A vfolder with one file of each kind, and the pane open. */
async function withEach(app: RunningApp): Promise<PreviewPage> {
  const files = new FilesPage(app);
  await files.createVfolder('kinds');
  await writePreviewFiles(onDisk(app, 'kinds'));
  await files.page.keyboard.press('F5');
  await expect(files.row('train.py')).toBeVisible();
  await files.page.getByRole('button', { name: 'Preview (Space)' }).click();
  return new PreviewPage(files);
}

/** What the pane shows of each kind. */
async function expectEach(preview: PreviewPage): Promise<void> {
  const { pane, table, text } = preview;
  await preview.select('train.py');
  await expect(text).toContainText('def train(model');
  await preview.select('config.json');
  await expect(text).toContainText('"seed": 12345678901234567890');
  await preview.select('readings.csv');
  await expect(table.getByRole('columnheader', { name: 'temperature' })).toContainText('number');
  await expect(table.getByRole('cell', { name: 'snow, fresh' }).first()).toBeVisible();
  await preview.select('events.jsonl');
  await expect(table.getByRole('columnheader', { name: 'loss' })).toBeVisible();
  await preview.select('metrics.parquet');
  await expect(pane).toContainText('6,500 rows · 3 columns');
  await expect(table.getByRole('cell', { name: 'Talboden' }).first()).toBeVisible();
  await preview.select('model.safetensors');
  await expect(pane).toContainText('24 tensors');
  await expect(table.getByRole('cell', { name: 'model.layers.3.mlp.weight' })).toBeVisible();
  await preview.select('weights.npy');
  await expect(pane).toContainText('float32 · 12 × 6 · C order');
  await preview.select('arrays.npz');
  await expect(table.getByRole('cell', { name: '3 × 1' })).toBeVisible();
  await preview.select('results.zip');
  await expect(table.getByRole('cell', { name: shownHostile })).toBeVisible();
  for (const name of ['photo.png', 'drawing.svg']) {
    await preview.select(name);
    await expect(preview.image).toHaveAccessibleName(name);
    await expect.poll(() => preview.image.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  }
  await preview.select('tone.wav');
  await expect.poll(() => pane.locator('audio').evaluate((audio) => (audio as HTMLAudioElement).duration)).toBeCloseTo(1, 1);
  await preview.select('checkpoint.bin');
  await expect(table.getByRole('rowheader', { name: '00000010' })).toBeVisible();
  await preview.select('empty.txt');
  await expect(pane).toContainText('This file is empty');
}

test('each kind of file is looked into, whatever its size', async ({ app }) => {
  const preview = await withEach(app);
  const { pane, page } = preview;
  await expect(pane).toContainText('Nothing is selected');
  await expectEach(preview);

  await preview.select('disk.img');
  await pane.getByRole('textbox', { name: 'Go to offset' }).fill('49,000,000,000');
  await page.keyboard.press('Enter');
  await expect(preview.table.getByRole('cell', { name: 'deep sea' })).toBeVisible();
  await preview.select('metrics.parquet');
  await preview.table.focus();
  await page.keyboard.press('End');
  await expect(preview.table.getByRole('rowheader', { name: '6,500' })).toBeVisible();
  await expect(preview.table.getByRole('cell', { name: '6499' })).toBeVisible();

  await writeFile(onDisk(app, 'kinds', 'long.log'), Array.from({ length: 200_000 }, (_, at) => `line ${at}`).join('\n'));
  await preview.files.grid.focus();
  await page.keyboard.press('F5');
  await preview.select('long.log');
  await expect(preview.text).toContainText('line 3');
  await preview.button('Next part').click();
  await expect(pane.getByRole('status')).toContainText('%');
  await preview.button('End of the file').click();
  await expect(pane.getByRole('status')).toHaveText('End');
  await preview.text.focus();
  await page.keyboard.press('Control+End');
  await expect(preview.text).toContainText('line 199999');
  await preview.files.row('readings.csv').click();
  await preview.files.row('photo.png').click({ modifiers: ['Control'] });
  await expect(pane).toContainText('2 items selected');
});

test('an image that was broken off is read again; what cannot be read says so, and is tried again when asked', async ({
  app,
}) => {
  const preview = await withEach(app);
  const { page } = preview;
  let broken = 1;
  await page.route('**/preview/**', (route) => (broken-- > 0 ? route.abort('connectionreset') : route.continue()));
  const width = () => preview.image.evaluate((image) => (image as HTMLImageElement).naturalWidth);
  await preview.select('drawing.svg');
  await expect.poll(width).toBe(120);
  broken = Number.POSITIVE_INFINITY;
  await preview.select('photo.png');
  await expect(preview.pane.getByRole('alert')).toContainText('could not be read to its end');
  broken = 0;
  await preview.pane.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(width).toBeGreaterThan(0);
});

test('A18 A26 names and files that would run something run nothing', async ({ app }) => {
  const preview = await withEach(app);
  const { page } = preview;
  const flag = () => page.evaluate(() => (window as { pwned?: unknown }).pwned ?? document.title);
  const before = await flag();
  await preview.select('drawing.svg');
  const image = preview.image;
  await expect.poll(() => image.evaluate((element) => (element as HTMLImageElement).naturalWidth)).toBe(120);
  const address = await image.evaluate((element) => (element as HTMLImageElement).src);
  const answer = await page.evaluate(async (url) => {
    const { headers, status } = await fetch(url);
    return { status, policy: headers.get('content-security-policy'), type: headers.get('content-type') };
  }, address);
  expect(answer).toEqual({ status: 200, policy: expect.stringMatching(/default-src 'none'.*sandbox/), type: 'image/svg+xml' });
  await preview.select('page.html');
  await expect(preview.text).toContainText('<script>window.pwned = 1</script>');
  await preview.select(shownHostile);
  await expect(preview.title).toHaveText(shownHostile);
  expect(await flag()).toBe(before);
  // As a page of its own it is drawn, and runs as little.
  const own = await page.context().newPage();
  await own.goto(address);
  expect(await own.title()).not.toBe('pwned');
  await own.close();
  expect(await flag()).toBe(before);
});

test('the keyboard alone opens, follows, searches, edits, saves and closes', async ({ app }) => {
  const preview = await withEach(app);
  const { page, pane, text, title } = preview;
  await preview.files.grid.focus();
  await page.keyboard.press('Space');
  await expect(pane).toBeHidden();
  await page.keyboard.press('Home');
  await page.keyboard.press('Space');
  await expect(title).toHaveText(shownHostile);
  await page.keyboard.type('train');
  await expect(title).toHaveText('train.py');
  await expect(text).toContainText('import torch');

  await text.focus();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('epoch');
  await expect(pane.locator('.cm-searchMatch').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(pane.locator('.cm-search')).toBeHidden();

  await preview.button('Edit').focus();
  await page.keyboard.press('Enter');
  await expect(pane.getByRole('textbox', { name: 'Text of train.py' })).toBeFocused();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('# mine');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+s');
  await expect(preview.button('Edit')).toBeVisible();
  expect(await readFile(onDisk(app, 'kinds', 'train.py'), 'utf8')).toMatch(/^# mine\nimport torch/);
  await expect(text).toContainText('# mine');
  await text.focus();
  await page.keyboard.press('Escape');
  await expect(pane).toBeHidden();
  await expect(preview.files.grid).toBeFocused();
});

test('A10 a text that somebody else changed meanwhile is not overwritten, and unsaved text is not lost unasked', async ({
  app,
}) => {
  const preview = await withEach(app);
  const { page, pane, text } = preview;
  const file = onDisk(app, 'kinds', 'train.py');
  await preview.select('train.py');
  await preview.button('Edit').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('mine ');
  await writeFile(file, 'theirs\n');
  await page.keyboard.press('Control+s');
  await expect(pane.getByRole('alert')).toContainText('changed by somebody else');
  expect(await readFile(file, 'utf8')).toBe('theirs\n');
  await preview.button('Save as a copy').click();
  await expect(preview.files.row('train (copy).py')).toBeVisible();
  expect(await readFile(onDisk(app, 'kinds', 'train (copy).py'), 'utf8')).toMatch(/^mine import torch/);

  await expect(text).toContainText('theirs');
  await preview.button('Edit').click();
  await page.keyboard.type('again ');
  await preview.select('config.json');
  const asked = page.getByRole('alertdialog', { name: /Save the changes/ });
  await asked.getByRole('button', { name: 'Keep editing' }).click();
  await expect(pane.getByRole('textbox', { name: 'Text of train.py' })).toContainText('again theirs');
  await preview.select('config.json');
  await asked.getByRole('button', { name: 'Save' }).click();
  await expect(asked).toBeHidden();
  expect(await readFile(file, 'utf8')).toBe('again theirs\n');

  const changeBoth = async (theirs: string): Promise<void> => {
    await preview.button('Edit').click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('mine ');
    await writeFile(file, theirs);
    await page.keyboard.press('Control+s');
    await expect(pane.getByRole('alert')).toContainText('changed by somebody else');
  };
  await preview.select('train.py');
  await changeBoth('second\n');
  await preview.button('Show theirs').click();
  await expect(text).toContainText('second');
  await expect(text).not.toContainText('mine');
  await changeBoth('third\n');
  await preview.button('Overwrite').click();
  await expect(text).toContainText('mine second');
  await expect.poll(() => readFile(file, 'utf8')).toBe('mine second\n');
});

test('each kind is looked into on Azure as it is here', async ({ app }) => {
  const files = new FilesPage(app);
  const preview = new PreviewPage(files);
  await withAzure(async (cloud) => {
    expect((await cloud.addHost(app.home)).code).toBe(0);
    await withFolder('kinds', async (folder) => {
      for (const [name, content] of Object.entries(previewFiles())) {
        if (name !== hostileName) await writeFile(join(folder, name), content);
      }
      expect((await stowage(app.home, ['vfolder', 'create', 'far', 'cloud'])).code).toBe(0);
      await cloud.rclone('copy', folder, 'cloud:far');
    });
    await files.treeItem('far').click();
    await expect(files.row('train.py')).toBeVisible();
    await files.page.getByRole('button', { name: 'Preview (Space)' }).click();
    await expectEach(preview);
  });
});

test('every kind has its picture', async ({ app, shell }) => {
  const preview = await withEach(app);
  const { pane } = preview;
  const take = await photographer(app, shell);
  for (const [name, themes] of [
    ['train.py', ['light']],
    ['config.json', ['dark']],
    ['readings.csv', ['light', 'contrast']],
    ['metrics.parquet', ['dark']],
    ['model.safetensors', ['light']],
    ['drawing.svg', ['light']],
    ['disk.img', ['light', 'dark']],
  ] as const) {
    await preview.select(name);
    await expect(preview.title).toHaveText(name);
    await expect(pane.locator('.cm-line, [role=table] [role=cell], img').first()).toBeVisible();
    await expect(pane.getByRole('cell', { name: '…', exact: true })).toHaveCount(0);
    await take(`preview-${name}`, themes);
  }
});
