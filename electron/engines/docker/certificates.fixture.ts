import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** For tests: what a Docker engine over TLS and those who use it show each other, made by openssl. */
export interface Certificates {
  /** Holds ca.pem, cert.pem and key.pem. */
  readonly server: string;
  /** The same of those who use it. */
  readonly client: string;
}

export function makeCertificates(folder: string, address: string): Certificates {
  const openssl = (...args: string[]): Buffer =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const [server, client] = [join(folder, 'server'), join(folder, 'client')];
  for (const each of [server, client]) mkdirSync(each, { recursive: true });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=test ca', '-keyout', 'ca-key.pem', '-out', 'ca.pem');
  const issue = (of: string, name: string, extensions: string): void => {
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', join(of, 'key.pem'), '-out', `${name}.csr`);
    writeFileSync(join(folder, `${name}.ext`), extensions);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', join(of, 'cert.pem'));
    execFileSync('cp', [join(folder, 'ca.pem'), of]);
  };
  issue(server, 'server', `subjectAltName = IP:${address}\nextendedKeyUsage = serverAuth\n`);
  issue(client, 'client', 'extendedKeyUsage = clientAuth\n');
  return { server, client };
}
