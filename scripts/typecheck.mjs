// Checks each layer with the globals that it may use (shared: none; electron: Node; renderer: the DOM), side by side.
import { spawn } from 'node:child_process';

const projects = ['.', 'electron', 'renderer', 'e2e'];
const codes = await Promise.all(
  projects.map(
    (project) =>
      new Promise((resolve) =>
        spawn('tsc', ['-p', project], { stdio: 'inherit', shell: process.platform === 'win32' }).on('exit', resolve),
      ),
  ),
);
process.exitCode = codes.some((code) => code !== 0) ? 1 : 0;
