// `npm test`: one verdict over everything: format and lint with the layering rule, types, unit and contract suites,
// end to end. Installs what it needs (npm always; Debian's packages as root on Debian), stops what it started.
// `npm test -- unit` or `-- e2e` runs one part; further words go to its runner.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startCeph } from './ceph.mjs';
import { ensureBuilt, ensureInstalled, projectNode, root } from './setup.mjs';
import { buildImages, installPackages, startDocker } from './test-machine.mjs';

const results = join(root, 'test-results');
const [only, ...rest] = process.argv.slice(2);
const started = Date.now();
const stages = [];

/** Runs one stage to its end; its output appears at once when it fails, else in one line. */
function stage(name, command, args, { show = false, env = {} } = {}) {
  const begun = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('exit', (code) => {
      const seconds = ((Date.now() - begun) / 1000).toFixed(1);
      stages.push({ name, ok: code === 0, seconds });
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      if (code !== 0 && !show) console.log(Buffer.concat(output).toString());
      resolve(code === 0);
    });
  });
}

/** Passed, failed and skipped tests of a runner's JSON report; a report that is missing counts as one failure. */
function count(file, read) {
  try {
    return read(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.log(`no report ${file}: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const unitReport = join(results, 'unit.json');
const e2eReport = join(results, 'e2e.json');

const unit = async () => {
  await stage(
    'unit and contract suites',
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`, ...(only === 'unit' ? rest : [])],
    {
      show: true,
    },
  );
  return count(unitReport, (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests + (report.success ? 0 : report.numFailedTests === 0 ? 1 : 0),
    skipped: report.numPendingTests + report.numTodoTests,
  }));
};

const e2e = async () => {
  await stage('end to end', 'playwright', ['test', '-c', 'e2e/playwright.config.ts', ...(only === 'e2e' ? rest : [])], {
    show: true,
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: e2eReport },
  });
  return count(e2eReport, ({ stats }) => ({
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
  }));
};

/** Starts the S3 server and hands its address on to the suites. */
async function startS3() {
  const { endpoint, accessKeyId, secretAccessKey, domain, configuration, stop } = await startCeph();
  Object.assign(process.env, {
    STOWAGE_TEST_S3_ENDPOINT: endpoint,
    STOWAGE_TEST_S3_KEY: accessKeyId,
    STOWAGE_TEST_S3_SECRET: secretAccessKey,
    STOWAGE_TEST_S3_DOMAIN: domain,
    STOWAGE_TEST_S3_CONFIGURATION: configuration,
  });
  return stop;
}

/** What has to be stopped at the end. */
const stops = [];
let failed = false;
try {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  await ensureInstalled();
  // Everything below runs on the project's own Node and finds its tools.
  process.env.PATH = `${dirname(projectNode())}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}`;
  // Thousands of processes are started below, and all compile the same.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');
  // They need no server, and go on while those are installed and started.
  const checks = only
    ? []
    : [stage('format and lint, layers', 'biome', ['check', '.']), stage('types', 'node', ['scripts/typecheck.mjs'])];
  installPackages();
  stops.push(await startS3());
  stops.push(await startDocker(join(results, 'dockerd.log')));
  await buildImages();
  const counts = [];
  await Promise.all(checks);
  if (!only || only === 'unit') counts.push(await unit());
  if (!only || only === 'e2e') {
    await ensureBuilt();
    counts.push(await e2e());
  }
  const sum = (key) => counts.reduce((total, each) => total + each[key], 0);
  console.log(`\n${stages.map((each) => `${each.ok ? 'ok    ' : 'FAILED'} ${each.name} (${each.seconds} s)`).join('\n')}`);
  console.log(`all in ${Math.round((Date.now() - started) / 1000)} s`);
  failed = stages.some((each) => !each.ok) || sum('failed') > 0;
  console.log(`tests: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
} catch (error) {
  failed = true;
  console.error(error.message);
} finally {
  await Promise.all(stops.map((stop) => stop()));
}
process.exitCode = failed ? 1 : 0;
