import type { GpuRequest, PortRequest } from '../contract/plan.ts';
import { binaryBytes, positiveNumber } from './amounts.ts';
import type { Sheet } from './imported.ts';
import { isOn, optionKinds, type ReadOption } from './options.ts';

/** What `docker run` (and Podman's) takes, by its reference. */
export const dockerOptions = optionKinds(
  `--detach, -d, --disable-content-trust, --help, --init, --interactive, -i, --no-healthcheck, --oom-kill-disable, --privileged,
  --publish-all, -P, --quiet, -q, --read-only, --rm, --sig-proxy, --tty, -t, --use-api-socket, --replace, --no-hosts, --env-host`,
  `--add-host, --annotation, --attach -a, --blkio-weight, --blkio-weight-device, --cap-add, --cap-drop, --cgroup-parent, --cgroupns,
  --cidfile, --cpu-count, --cpu-percent, --cpu-period, --cpu-quota, --cpu-rt-period, --cpu-rt-runtime, --cpu-shares -c, --cpus,
  --cpuset-cpus, --cpuset-mems, --detach-keys, --device, --device-cgroup-rule, --device-read-bps, --device-read-iops,
  --device-write-bps, --device-write-iops, --dns, --dns-opt --dns-option, --dns-search, --domainname, --entrypoint, --env -e,
  --env-file, --expose, --gpus, --group-add, --health-cmd, --health-interval, --health-retries, --health-start-interval,
  --health-start-period, --health-timeout, --hostname -h, --io-maxbandwidth, --io-maxiops, --ip, --ip6, --ipc, --isolation,
  --kernel-memory, --label -l, --label-file, --link, --link-local-ip, --log-driver, --log-opt, --mac-address, --memory -m,
  --memory-reservation, --memory-swap, --memory-swappiness, --mount, --name, --network --net, --network-alias --net-alias,
  --oom-score-adj, --pid, --pids-limit, --platform, --publish -p, --pull, --restart, --runtime, --security-opt, --shm-size,
  --stop-signal, --stop-timeout, --storage-opt, --sysctl, --tmpfs, --ulimit, --user -u, --userns, --uts, --volume -v,
  --volume-driver, --volumes-from, --workdir -w`,
);

const never = 'is not given to jobs: they have no more rights than they need';
const otherNetwork = 'belongs to a network among containers, and a job is alone in its own';
const log = 'concerns how Docker keeps the output; Stowage keeps the log of every job';
const terminal = 'is of no use: a job has no terminal; its output is in its log, and the Shell tab opens one while it runs';

/** Options without a counterpart, with the reason. */
const lostOptions: Readonly<Record<string, string>> = {
  '--privileged': never,
  '--cap-add': never,
  '--device': 'hands over a device of the machine, which jobs do not get; GPUs are asked for by number',
  '--device-cgroup-rule': never,
  '--security-opt': 'is set by Stowage for all jobs',
  '--userns': 'is set by the engine',
  '--pid': 'would show the processes of the machine, which jobs do not see',
  '--uts': 'would share the name of the machine, which jobs do not',
  '--cgroupns': never,
  '--use-api-socket': 'would hand over the engine itself',
  '--env-host': 'would hand over the whole environment of this shell; set the variables that are needed',
  '--volumes-from': 'mounts what another container has, and a job is alone',
  '--link': otherNetwork,
  '--network-alias': otherNetwork,
  '--ip': otherNetwork,
  '--ip6': otherNetwork,
  '--hostname': 'has no counterpart: the engine names the container',
  '--add-host': 'has no counterpart: names are looked up as on this machine',
  '--dns': 'has no counterpart: names are looked up as on this machine',
  '--dns-opt': 'has no counterpart: names are looked up as on this machine',
  '--dns-search': 'has no counterpart: names are looked up as on this machine',
  '--sysctl': 'would change the kernel, which jobs do not',
  '--ulimit': 'has no counterpart: limits are those of the engine',
  '--cpuset-cpus': 'has no counterpart: a job has a number of CPUs, not certain ones',
  '--cpuset-mems': 'has no counterpart: a job has a number of CPUs, not certain ones',
  '--read-only': 'has no counterpart: the container can be written to, and what is not in a mount ends with it',
  '--group-add': 'has no counterpart: a job runs with one user and group',
  '--restart': 'has no counterpart: a job runs once; rerun it',
  '--platform': 'has no counterpart: the image is run as it is',
  '--runtime': 'has no counterpart: the engine’s own is used',
  '--pids-limit': 'has no counterpart',
  '--storage-opt': 'has no counterpart',
  '--publish-all': 'does not say which ports: publish those that are needed',
};

/** Options that make no difference here, with the reason. */
const needlessOptions: Readonly<Record<string, string>> = {
  '--rm': 'is what happens to the container of every job; the job stays in the list',
  '--detach': 'is how every job runs',
  '-d': 'is how every job runs',
  '--init': 'is how every job runs',
  '--interactive': terminal,
  '-i': terminal,
  '--tty': terminal,
  '-t': terminal,
  '--attach': terminal,
  '--detach-keys': terminal,
  '--sig-proxy': terminal,
  '--quiet': 'changes nothing',
  '-q': 'changes nothing',
  '--pull': 'is a matter of the form: an image that is missing is pulled there',
  '--label': 'is of no use: Stowage labels its containers itself',
  '--label-file': 'is of no use: Stowage labels its containers itself',
  '--annotation': 'is of no use to a job',
  '--cidfile': 'is of no use: the job has a number',
  '--log-driver': log,
  '--log-opt': log,
  '--expose': 'publishes nothing by itself',
  '--cap-drop': 'is done for all jobs',
  '--disable-content-trust': 'changes nothing',
  '--no-healthcheck': 'changes nothing for a job',
  '--stop-timeout': 'is asked for when a job is stopped',
  '--replace': 'is needless: each job has a container of its own',
};

/** Says what becomes of an option that no field of the form holds. */
export function remarkOption(sheet: Sheet, option: ReadOption): void {
  const { name, written, value } = option;
  if (!option.known) {
    sheet.lost(written, 'is no option of docker run that is known here', { hint: 'See whether what follows was understood.' });
    return;
  }
  if (value !== null && dockerOptions.flags.has(name) && !isOn(option)) return;
  if (name === '--tmpfs') {
    sheet.changed(written, 'is on the disk of the container, not in memory');
    return;
  }
  const needless = needlessOptions[name];
  if (needless !== undefined) sheet.needless(written, needless);
  else sheet.lost(written, lostOptions[name === '-P' ? '--publish-all' : name] ?? 'has no counterpart');
}

/** `all`, a number, `device=0,1` also in quotes, `count=2,capabilities=…`; null when it cannot be read. */
export function readGpus(text: string): GpuRequest | null {
  const plain = text.trim().replace(/^["']|["']$/g, '');
  if (plain === 'all' || plain === '-1') return 'all';
  if (/^\d+$/.test(plain)) return countGpus(plain);
  const count = /(?:^|,)count=(\w+)/.exec(plain)?.[1];
  const devices = /(?:^|,)"?device=([\w,-]+)/.exec(plain)?.[1]?.split(',').filter(Boolean);
  if (devices && devices.length > 0 && devices.length <= 64 && devices.every((id) => /^[A-Za-z0-9-]{1,64}$/.test(id)))
    return devices.includes('all') ? 'all' : devices;
  if (count === undefined) return null;
  return count === 'all' ? 'all' : /^\d+$/.test(count) ? countGpus(count) : null;
}

const countGpus = (text: string): number | null => {
  const count = Number(text);
  return count >= 1 && count <= 64 ? count : null;
};

/** Resources whose value is an amount. Unreadable ones are remarked. */
export function takeAmount(sheet: Sheet, { name, written, value }: ReadOption): void {
  const text = value?.text ?? '';
  const amount = name === '--cpus' ? positiveNumber(text) : binaryBytes(text);
  const { resources } = sheet.spec;
  if (amount === null) sheet.lost(written, 'is not an amount that can be read');
  else if (name === '--cpus') resources.cpus = amount;
  else if (name === '--memory') resources.memoryBytes = amount;
  else resources.shmBytes = amount;
}

const portNumber = (text: string): number | null => {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : null;
};

/** The ports of `8080`, `8080-8090`; null when they are none. */
function portRange(text: string): number[] | null {
  const [first, last, ...rest] = text.split('-').map(portNumber);
  if (first == null || last === null || rest.length > 0) return null;
  const count = (last ?? first) - first + 1;
  return count >= 1 && count <= 100 ? Array.from({ length: count }, (_, index) => first + index) : null;
}

/** `-p [ip:][host:]container[/tcp]`, also ranges of equal length. */
export function takePorts(sheet: Sheet, { written, value }: ReadOption) {
  const match =
    /^(?:(.*):)?([\d-]*):([\d-]+)(?:\/(\w+))?$/.exec(value?.text ?? '') ?? /^()()([\d-]+)(?:\/(\w+))?$/.exec(value?.text ?? '');
  const container = match?.[3] === undefined ? null : portRange(match[3]);
  const host = match?.[2] ? portRange(match[2]) : undefined;
  if (!match || container === null || host === null || (host && host.length !== container.length))
    return sheet.lost(written, 'is not a port that can be read');
  if (match[4] !== undefined && match[4] !== 'tcp') return sheet.lost(written, 'is not TCP, and only TCP is published');
  const ports: PortRequest[] = container.map((port, index) => {
    const outside = host?.[index];
    return outside === undefined ? { container: port } : { container: port, host: outside };
  });
  const already = sheet.spec.ports ?? [];
  if (already.length + ports.length > 100) return sheet.lost(written, 'would be more than 100 ports');
  sheet.spec.ports = [...already, ...ports];
  const address = match[1] ?? '';
  if (address !== '127.0.0.1' && address !== 'localhost' && address !== '[::1]')
    sheet.changed(written, 'is reached from this machine only, not from others on the network');
}
