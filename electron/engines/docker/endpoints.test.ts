import { describe, expect, it } from 'vitest';
import { parseEndpoint, writeEndpoint } from './endpoints.ts';
import { sshCommand } from './ssh-agent.ts';

it.each([
  ['unix:///run/user/1000/docker.sock', { socketPath: '/run/user/1000/docker.sock' }],
  ['tcp://box:2375', { host: 'box', port: 2375 }],
  ['box:4000', { host: 'box', port: 4000 }],
  ['tcp://[fd00::1]:2375', { host: 'fd00::1', port: 2375 }],
  ['ssh://ada@gpu.example:2222', { ssh: { host: 'gpu.example', user: 'ada', port: 2222, socketPath: null } }],
  ['ssh://[fd00::1]/', { ssh: { host: 'fd00::1', user: null, port: null, socketPath: null } }],
  [
    'ssh://box/run/user/1000/docker.sock',
    { ssh: { host: 'box', user: null, port: null, socketPath: '/run/user/1000/docker.sock' } },
  ],
])('reads %s as the docker program does', (text, connection) => {
  expect(parseEndpoint(text)).toEqual(connection);
});

it('takes the port of TLS where certificates are given', () => {
  expect(parseEndpoint('tcp://box', { verify: true })).toEqual({ host: 'box', port: 2376, tls: { verify: true } });
});

it.each([
  'ssh://-oProxyCommand=touch%20x',
  'ssh://-oProxyCommand=x@box',
  'ssh://ada@-box',
  'ssh://@box',
  'ssh://ada:secret@box',
  'ssh://box?x=1',
  'ssh://a b',
  'ssh://',
  'tcp://[::1',
  'fd://',
])('refuses %s', (text) => {
  expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
});

it('never repeats a password', () => {
  expect(() => parseEndpoint('ssh://ada:secret@box')).toThrow(/password/);
  expect(() => parseEndpoint('ssh://ada:secret@box')).not.toThrow(/secret/);
});

it.each(['unix:///x.sock', 'tcp://box:1', 'tcp://[fd00::1]:1', 'ssh://ada@box:22/x.sock', 'ssh://box'])(
  'writes %s again',
  (text) => {
    expect(writeEndpoint(parseEndpoint(text))).toBe(text);
  },
);

describe('the command line of ssh', () => {
  it('asks nothing, and ends its options before the host', () => {
    const words = sshCommand({ host: 'box', user: 'ada', port: 2222, socketPath: null });
    expect(words).toEqual(expect.arrayContaining(['BatchMode=yes', '-l', 'ada', '-p', '2222']));
    expect(words.slice(-3)).toEqual(['--', 'box', 'docker system dial-stdio']);
  });

  it('gives the shell there the path of a socket as one word', () => {
    const words = sshCommand({ host: 'box', user: null, port: null, socketPath: "/run/it's; rm x" });
    expect(words.at(-1)).toBe(`docker --host 'unix:///run/it'\\''s; rm x' system dial-stdio`);
  });
});
