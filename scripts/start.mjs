// `npm start`: opens Stowage from a checkout, in whatever state it is. In Electron where its binary is or can be had;
// else in the browser host. `--dev` shows changes to the sources as they are made.
import { join } from 'node:path';
import { electronPath, fetchElectron } from './electron-binary.mjs';
import { become, ensureBuilt, ensureInstalled, fail, projectNode, root } from './setup.mjs';

const usage = `Usage: npm start -- [--browser] [--fetch-electron] [--port N]

  --browser         use the browser host even where Electron is
  --fetch-electron  try again to fetch Electron's binary
  --port N          port of the browser host
  --dev             show changes to the sources as they are made (npm run dev)
`;

const known = new Set(['--browser', '--fetch-electron', '--dev', '--port', '--help']);

/** Splits the arguments into switches and the port; null when there is one that is not known. */
function readArguments(argv) {
  const switches = new Set();
  let port = [];
  for (let index = 0; index < argv.length; index += 1) {
    const [name, value] = argv[index].split('=', 2);
    if (!known.has(name)) return null;
    switches.add(name);
    if (name === '--port') {
      port = ['--port', value ?? argv[index + 1] ?? ''];
      if (value === undefined) index += 1;
    }
  }
  return { switches, port };
}

const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Electron's binary, fetched when need be; null, with the reason said, where the browser host must do. */
async function findElectron(switches) {
  if (switches.has('--browser')) return null;
  if (!hasDisplay()) {
    console.error('There is no display here for Electron, so Stowage starts in the browser host.');
    return null;
  }
  const present = electronPath();
  if (present) return present;
  const { path, reason } = await fetchElectron({ again: switches.has('--fetch-electron') });
  if (!path) console.error(`Electron cannot be had here: ${reason}.\nStowage starts in the browser host instead.`);
  return path;
}

async function main() {
  const options = readArguments(process.argv.slice(2));
  if (!options || options.switches.has('--help')) {
    (options ? console.log : console.error)(usage);
    process.exitCode = options ? 0 : 64;
    return;
  }
  const { switches, port } = options;
  await ensureInstalled();
  const electron = await findElectron(switches);
  const dev = switches.has('--dev');
  const builder = join(root, 'node_modules/electron-vite/bin/electron-vite.js');
  await ensureBuilt();
  // The app's policy admits no development server: the build is renewed at each change, and a reload shows it.
  const watching = dev ? become(projectNode(), [builder, 'build', '--watch']) : null;
  if (electron) {
    // Chromium's sandbox does not run as root; a warning beats not starting.
    const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    if (flags.length > 0) console.error('You are root, so Electron runs without its sandbox. Better start Stowage as yourself.');
    process.exitCode = await become(electron, [root, ...flags], { cwd: root });
    return;
  }
  process.exitCode = await become(projectNode(), [join(root, 'out/main/serve.js'), '--open', ...port]);
  await watching;
}

await main().catch(fail);
