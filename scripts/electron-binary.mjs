// Finds Electron's binary, which its package does not contain, and fetches it once.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Nothing arrived for this long: it cannot be had here. */
const patienceMs = 8000;
const rememberMs = 24 * 60 * 60 * 1000;

const packageFolder = join(root, 'node_modules', 'electron');
const failureMark = join(root, 'node_modules', '.stowage-electron-missing');

/** Path of Electron's binary; null when it is not there. */
export function electronPath() {
  try {
    const name = readFileSync(join(packageFolder, 'path.txt'), 'utf8');
    const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(packageFolder, 'dist'), name);
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/**
 * Fetches the binary, with a line of progress. Gives up when nothing arrives for some seconds, and does not try again
 * for a day unless `again` is set. Returns its path, or null and why not.
 */
export async function fetchElectron({ again = false, log = console.error, patience = patienceMs } = {}) {
  const version = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version;
  const before = again ? null : rememberedFailure(version);
  if (before) return { path: null, reason: `${before} (npm start -- --fetch-electron tries again)` };
  log(`Fetching Electron ${version} (once)…`);
  const failure = await download(patience);
  const path = failure ? null : electronPath();
  if (path) {
    rmSync(failureMark, { force: true });
    return { path, reason: null };
  }
  const reason = failure ?? 'what was fetched holds no Electron for this machine';
  writeFileSync(failureMark, JSON.stringify({ version, at: Date.now(), reason }));
  return { path: null, reason };
}

function rememberedFailure(version) {
  try {
    const { version: failed, at, reason } = JSON.parse(readFileSync(failureMark, 'utf8'));
    return failed === version && Date.now() - at < rememberMs ? reason : null;
  } catch {
    return null;
  }
}

/** Runs the package's own installer in a temporary folder of ours, where its progress can be measured. Null: done. */
function download(patience) {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-electron-'));
  mkdirSync(join(folder, 'tmp'));
  const temporary = join(folder, 'tmp');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(packageFolder, 'install.js')], {
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-4000);
    });
    let bytes = 0;
    let changed = Date.now();
    const timer = setInterval(() => {
      const now = sizeOf(temporary) + sizeOf(join(packageFolder, 'dist'));
      if (now !== bytes) {
        bytes = now;
        changed = Date.now();
        if (process.stderr.isTTY) process.stderr.write(`\r  ${Math.round(bytes / 1e6)} MB `);
      }
      if (Date.now() - changed > patience) end(`nothing arrived for ${Math.round(patience / 1000)} seconds`);
    }, 250);
    const end = (result) => {
      clearInterval(timer);
      child.removeAllListeners('close');
      child.kill('SIGKILL');
      if (bytes > 0 && process.stderr.isTTY) process.stderr.write('\n');
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      resolve(result);
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code) => end(code === 0 ? null : reasonIn(said)));
  });
}

/** What the stack of a failed installer says to people. */
function reasonIn(text) {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '');
  return !line || /fetch failed/.test(line) ? 'its download failed' : line.trim();
}

/** Bytes of a folder; files may come and go meanwhile. */
function sizeOf(folder) {
  let total = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      total += entry.isDirectory() ? sizeOf(path) : statSync(path).size;
    }
  } catch {
    return total;
  }
  return total;
}
