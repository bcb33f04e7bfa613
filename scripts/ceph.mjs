// An S3 server for tests and benchmarks: Ceph's gateway over one monitor and one store, on loopback, without logins
// between them. Everything lies in one scratch folder; the daemons die with the process that started them.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's package of every command that the server needs. */
export const cephPackages = {
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  radosgw: 'radosgw',
  'radosgw-admin': 'radosgw',
  ceph: 'ceph-common',
  monmaptool: 'ceph-common',
  'ceph-authtool': 'ceph-common',
  setpriv: 'util-linux',
};

/**
 * @typedef {object} S3Server
 * @property {string} endpoint `http://127.0.0.1:PORT`
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {string} domain buckets are reached as `BUCKET.DOMAIN` too, where that name leads to the endpoint
 * @property {string} configuration the file with which Ceph's own tools reach it
 * @property {number} gatewayPid the process that answers, for tests that stop or kill it
 * @property {() => Promise<void>} stop ends the daemons and removes everything
 */

const domain = 's3.stowage.test';
const patienceMs = 60_000;

/**
 * Starts a server (about 8 s). What a failed start left is stopped and removed before the error is thrown, which names
 * missing packages.
 * @param {{ store?: 'memory' | 'file' }} [options] where the objects are kept; `file`: in the scratch folder
 * @returns {Promise<S3Server>}
 */
export async function startCeph({ store = 'memory' } = {}) {
  const missing = Object.entries(cephPackages).filter(
    ([command]) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0,
  );
  if (missing.length > 0) {
    const names = [...new Set(missing.map(([, name]) => name))].join(' ');
    throw new Error(`The S3 test server needs these Debian packages: ${names}.`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'stowage-ceph-'));
  const cluster = new Cluster(folder);
  try {
    return await cluster.start(store);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/**
 * Makes a user, who sees no bucket but those it makes.
 * @param {string} configuration
 * @param {string} name
 * @param {{ accessKeyId: string, secretAccessKey: string }} keys
 */
export async function createUser(configuration, name, { accessKeyId, secretAccessKey }) {
  await run('radosgw-admin', [
    ...['-c', configuration, '-n', 'client.rgw', '--ms_mon_client_mode=crc'],
    ...['user', 'create', '--uid', name, '--display-name', name, '--max-buckets', '0'],
    ...['--access-key', accessKeyId, '--secret-key', secretAccessKey],
  ]);
}

/** A key pair for `createUser`. */
export const newKeys = () => ({
  accessKeyId: randomBytes(10).toString('hex').toUpperCase(),
  secretAccessKey: randomBytes(20).toString('hex'),
});

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: patienceMs });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} of the S3 test server ended with ${code}:\n${errors.slice(-2000)}`));
    });
  });
}

class Cluster {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    /** @type {{ child: import('node:child_process').ChildProcess, name: string, ended: Promise<void>, running: boolean }[]} */
    this.daemons = [];
    /** Nothing is left when the process ends without `stop`. */
    this.atExit = () => {
      for (const { child } of this.daemons) child.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    };
    process.once('exit', this.atExit);
  }

  /**
   * @param {'memory' | 'file'} store
   * @returns {Promise<S3Server>}
   */
  async start(store) {
    const [monitorPort, gatewayPort] = await freePorts(2);
    const fsid = randomUUID();
    for (const name of ['mon', 'osd', 'rgw']) mkdirSync(join(this.folder, name));
    const configuration = join(this.folder, 'ceph.conf');
    writeFileSync(configuration, configurationText({ folder: this.folder, fsid, monitorPort, gatewayPort, store }));
    await this.#startStore(fsid, `[v2:127.0.0.1:${monitorPort}]`);
    const endpoint = `http://127.0.0.1:${gatewayPort}`;
    const keys = newKeys();
    const gateway = this.#daemon('radosgw', ['-n', 'client.rgw', '-f', '--ms_mon_client_mode=crc']);
    await this.#until('the gateway', async () => (await fetch(endpoint).catch(() => null))?.status === 200);
    await createUser(configuration, 'stowage', keys);
    return { endpoint, ...keys, domain, configuration, gatewayPid: gateway.pid ?? 0, stop: () => this.stop() };
  }

  async #startStore(fsid, monitor) {
    const keyring = join(this.folder, 'keyring');
    const all = (...daemons) => daemons.flatMap((each) => ['--cap', each, 'allow *']);
    const key = (...args) => this.#run('ceph-authtool', [keyring, '--gen-key', ...args]);
    await key('-C', '-n', 'mon.', ...all('mon'));
    await key('-n', 'client.admin', ...all('mon', 'osd', 'mds', 'mgr'));
    await key('-n', 'client.rgw', ...all('mon', 'osd'));
    const map = join(this.folder, 'monmap');
    await this.#run('monmaptool', ['--create', '--addv', 'a', monitor, '--fsid', fsid, map]);
    await this.#run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring]);
    this.#daemon('ceph-mon', ['-i', 'a', '-f']);
    const storeId = randomUUID();
    await this.#run('ceph', ['osd', 'new', storeId, '0']);
    await this.#run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', storeId]);
    this.#daemon('ceph-osd', ['-i', '0', '-f']);
    await this.#until('the store', async () => / 1 up/.test(await this.#run('ceph', ['osd', 'stat'])));
  }

  /** Starts a command of the cluster that stays, and dies with this process. */
  #daemon(command, args) {
    const log = openSync(join(this.folder, `${command}.out`), 'a');
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, '-c', join(this.folder, 'ceph.conf'), ...args], {
      stdio: ['ignore', log, log],
    });
    const daemon = { child, name: command, running: true, ended: Promise.resolve() };
    daemon.ended = new Promise((resolve) => {
      const end = () => {
        daemon.running = false;
        resolve();
      };
      child.once('exit', end).once('error', end);
    });
    this.daemons.push(daemon);
    return child;
  }

  /** Runs a command of the cluster to its end and gives what it wrote. */
  #run(command, args) {
    // The keyring and map tools know no configuration file.
    const own = ['ceph-authtool', 'monmaptool'].includes(command) ? [] : ['-c', join(this.folder, 'ceph.conf')];
    return run(command, [...own, ...args]);
  }

  async #until(what, ready) {
    const deadline = Date.now() + patienceMs;
    while (!(await ready())) {
      const dead = this.daemons.find(({ running }) => !running);
      if (dead || Date.now() > deadline) {
        const name = dead?.name ?? this.daemons.at(-1)?.name;
        const output = readFileSync(join(this.folder, `${name}.out`), 'utf8').slice(-2000);
        throw new Error(`${what} of the S3 test server did not come up; ${name} says:\n${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop() {
    process.off('exit', this.atExit);
    // What they hold is thrown away, so nothing is lost by killing them; a stopped process hears no other signal.
    for (const { child } of this.daemons) child.kill('SIGKILL');
    await Promise.all(this.daemons.map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Ports that were free a moment ago. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function configurationText({ folder, fsid, monitorPort, gatewayPort, store }) {
  return `[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${monitorPort}/0]
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_msgr1 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
keyring = ${folder}/keyring
run_dir = ${folder}
admin_socket =
log_file =
mon_cluster_log_file =
mon_data = ${folder}/mon
osd_data = ${folder}/osd
rgw_data = ${folder}/rgw
# One store, nothing kept twice, and a monitor that does not wait to gather changes.
osd_objectstore = ${store === 'file' ? 'bluestore' : 'memstore'}
bluestore_block_size = ${20 * 1024 ** 3}
memstore_device_bytes = ${8 * 1024 ** 3}
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
mon_osd_full_ratio = 0.99
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw_dns_name = ${domain}
# What is deleted is let go of at once.
rgw_gc_obj_min_wait = 1
rgw_gc_processor_period = 5
rgw_usage_log_flush_threshold = 1000000
`;
}
