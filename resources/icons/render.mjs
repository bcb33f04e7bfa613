// Renders the app's icon for the packager from its one source, renderer/app/icon.svg: node resources/icons/render.mjs
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright';

const size = 512;
const source = join(import.meta.dirname, '../../renderer/app/icon.svg');

const browser = await chromium.launch({
  executablePath: process.env.STOWAGE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: size, height: size } });
await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw}</style>${await readFile(source, 'utf8')}`);
await page.screenshot({ path: join(import.meta.dirname, 'icon.png'), omitBackground: true });
await browser.close();
