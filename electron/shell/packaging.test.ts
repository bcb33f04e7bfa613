import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { DebugLogger } from 'builder-util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');
const config = await getConfig(root, 'electron-builder.yml', null);

describe('the packaged app', () => {
  test('is described in a way that the packager understands', async () => {
    await expect(validateConfiguration(config, new DebugLogger(false))).resolves.toBeUndefined();
  });

  test('cannot be made to run other code than its own', () => {
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      resetAdHocDarwinSignature: true,
    });
    expect(config.asar).toBe(true);
    // What is unpacked is not covered by the check of the archive.
    expect(config.asarUnpack).toBeUndefined();
  });

  test('has an installer for each system, published nowhere', () => {
    const targets = z.object({ target: z.array(z.string()) });
    expect(targets.parse(config.linux).target).toEqual(['AppImage', 'deb']);
    expect(targets.parse(config.mac).target).toEqual(['dmg', 'zip']);
    expect(targets.parse(config.win).target).toEqual(['nsis']);
    expect(config.publish).toBeNull();
  });

  test('carries what it loads, and no second Node', () => {
    const { filter } = z.tuple([z.object({ filter: z.array(z.string()) })]).parse(config.files)[0];
    expect(filter).toEqual(expect.arrayContaining(['out/**', 'resources/**', 'package.json', '!node_modules/node/**']));
    expect(packageJson.main).toMatch(/^out\//);
  });
});

describe('the icon', () => {
  const shapes = (text: string): string[] =>
    [...text.matchAll(/<(?:rect|path)\b[^>]*?\/>/g)].map(([shape]) => shape.replace(/\s*\/>$/, '/>'));

  test('is a square of 512 pixels', () => {
    const png = readFileSync(join(root, 'resources', 'icons', 'icon.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([512, 512]);
  });

  test('shows the same mark as the page', () => {
    const mark = shapes(readFileSync(join(root, 'renderer', 'app', 'icon.svg'), 'utf8'));
    expect(mark).toHaveLength(4);
    expect(shapes(readFileSync(join(root, 'renderer', 'app', 'logo.tsx'), 'utf8'))).toEqual(mark);
  });
});
