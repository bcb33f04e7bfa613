import { expect, it } from 'vitest';
import { secretTexts } from './host-secret.ts';
import { parseSas } from './sas.ts';

const plain = 'ab+/'.repeat(10).concat('abc=');
const signature = encodeURIComponent(plain);
const account = (rights: string) => parseSas(`sv=2024-11-04&${rights}&se=2030-01-02T03:04Z&sig=${signature}`);

it('reads when it begins and ends, in each way that Azure writes times', () => {
  expect(account('ss=bfqt&srt=sco&sp=rl').expiresAt).toBe(Date.UTC(2030, 0, 2, 3, 4));
  const other = parseSas(`sv=1&sr=c&sp=r&st=2026-05-01&se=2026-05-02T10%3A00%3A00.1234567Z&sig=${signature}`);
  expect(other).toMatchObject({ startsAt: Date.UTC(2026, 4, 1), scope: 'container' });
  expect(Math.floor((other.expiresAt ?? 0) / 1000)).toBe(Date.UTC(2026, 4, 2, 10) / 1000);
  expect(parseSas(`sv=1&sr=c&si=policy&sig=${signature}`)).toMatchObject({ expiresAt: null, allows: null });
});

it('reads what it allows: an account SAS only on the kinds of things that it names', () => {
  expect(account('ss=b&srt=sco&sp=rwdlc').allows).toEqual({
    read: true,
    list: true,
    write: true,
    delete: true,
    createContainers: true,
  });
  expect(account('ss=b&srt=o&sp=rwdl').allows).toEqual({
    read: true,
    list: false,
    write: true,
    delete: true,
    createContainers: false,
  });
  expect(account('ss=b&srt=c&sp=rwdl').allows).toMatchObject({ read: false, list: true, write: false, delete: false });
  expect(parseSas(`sv=1&sr=c&sp=racwdl&sig=${signature}`).allows).toEqual({
    read: true,
    list: true,
    write: true,
    delete: true,
    createContainers: false,
  });
});

it('takes a signature whose plus became a space for whole', () => {
  expect(() => parseSas(`sv=1&sr=c&sp=r&sig=${plain.replaceAll('+', '%20')}`)).not.toThrow();
});

it('names the texts that are secret: the token, and its signature in both spellings', () => {
  const sas = `sv=1&sr=c&sp=r&sig=${signature}`;
  expect(secretTexts({ sas })).toEqual([sas, signature, plain]);
});
