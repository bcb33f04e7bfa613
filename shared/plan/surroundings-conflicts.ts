import type { EnvironmentVariable } from '../contract/plan.ts';
import { fileVariable, isNewSecret, secretMarker, shortestMasked } from '../jobs/secret-variables.ts';
import { visible } from '../paths.ts';
import { isVariableName } from './laid-files.ts';
import type { Finding, Layout } from './types.ts';

type Says = (severity: Finding['severity'], message: string) => void;

/** Conflicts of environment and ports. */
export function findSurroundingConflicts(layout: Layout): Finding[] {
  return [...judgeEnvironment(layout), ...judgePorts(layout)];
}

function judgeEnvironment({ request }: Layout): Finding[] {
  const found: Finding[] = [];
  const seen = new Set<string>();
  const twice = new Set<string>();
  const add: Says = (severity, message) => void found.push({ code: 'env-invalid', severity, message, mounts: [] });
  for (const variable of request.spec.env) {
    const { name } = variable;
    judgeVariable(variable, add);
    if (seen.has(name) && name !== '') twice.add(name);
    seen.add(name);
  }
  for (const name of twice)
    add('warning', `The environment variable “${visible(name)}” is given more than once; the last value counts.`);
  for (const { name, secret } of request.spec.env)
    if (secret === 'file' && seen.has(fileVariable(name)))
      add(
        'warning',
        `The environment variable “${visible(fileVariable(name))}” becomes the path of the secret “${visible(name)}”.`,
      );
  return found;
}

function judgeVariable(variable: EnvironmentVariable, add: Says): void {
  const { name, value, secret } = variable;
  const shown = visible(name);
  if (name === '') add('error', 'An environment variable has no name.');
  else if (/[=\0]/.test(name)) add('error', `“${shown}” cannot be the name of an environment variable: it contains “=” or NUL.`);
  else if (!isVariableName(name)) {
    if (secret === 'file')
      add('error', `The secret “${shown}” needs a name of letters, digits and “_” to be handed over as a file.`);
    else add('warning', `The environment variable “${shown}” has a name that shells cannot read.`);
  }
  if (value.includes('\0')) add('error', `The value of the environment variable “${shown}” contains a NUL byte.`);
  if (!isNewSecret(variable)) return;
  if (value === '' || value === secretMarker) add('error', `The secret “${shown}” has no value: write it.`);
  else if (value.length < shortestMasked)
    add('warning', `The secret “${shown}” is too short to be masked where the job prints it.`);
}

function judgePorts({ request }: Layout): Finding[] {
  const { ports = [], network } = request.spec;
  const found: Finding[] = [];
  const hosts = ports.flatMap(({ host }) => (host === undefined ? [] : [host]));
  for (const host of new Set(hosts.filter((one, index) => hosts.indexOf(one) < index))) {
    const message = `The port ${host} of this machine is asked for more than once.`;
    found.push({ code: 'port-twice', severity: 'error', message, mounts: [] });
  }
  if (ports.length > 0 && network === false) {
    const message = 'The job has no network, so its ports cannot be reached.';
    found.push({ code: 'port-without-network', severity: 'warning', message, mounts: [] });
  }
  return found;
}
