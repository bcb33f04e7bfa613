import type { HostAttach, HostCheck } from '#shared/contract/hosts.ts';
import { hostRoot } from '#shared/hosts/attach.ts';
import { secretTexts } from '#shared/hosts/host-secret.ts';
import type { Call } from '../rpc/service.ts';
import type { Redactor } from '../services.ts';
import { canReportSpace } from '../storage/provider.ts';
import type { Access } from './access.ts';
import { type CheckSubject, runChecks } from './checks.ts';
import { readAttach } from './host-changes.ts';
import { createHostProvider, type Opened } from './host-provider.ts';
import { openProvider } from './open-provider.ts';
import type { HostRows } from './rows.ts';
import { type Known, type Statuses, statusOf } from './statuses.ts';

export interface TrialTools {
  readonly rows: HostRows;
  readonly access: Access;
  readonly statuses: Statuses;
  readonly redactor: Redactor;
}

interface Trial {
  readonly usable: boolean;
  readonly checks: HostCheck[];
}

const trial = (checks: HostCheck[]): Trial => ({ usable: checks.every(({ state }) => state !== 'error'), checks });

/** What is known of a host after a look that changes nothing on it; whether it can be written is as of its last test. */
export async function lookAt(subject: CheckSubject, before: Known | undefined, signal: AbortSignal): Promise<Known> {
  return known(subject, await runChecks(subject, { write: false, lastWrite: before?.write ?? null, signal }));
}

async function known({ provider, readOnly }: CheckSubject, checks: readonly HostCheck[]): Promise<Known> {
  const status = statusOf(checks, readOnly, Date.now());
  const write = checks.find(({ id }) => id === 'write') ?? null;
  const space = canReportSpace(provider) ? await provider.space().catch(() => null) : null;
  return { status, space, write };
}

/** Tests a host that there is, by writing too. @throws `not-found`, `cancelled` */
export async function testKnown(id: string, { rows, access, statuses }: TrialTools, { signal }: Call): Promise<Trial> {
  const row = rows.find(id);
  const subject = access.subject(row);
  const checks = await runChecks(subject, { write: true, signal });
  statuses.set(row.id, await known(subject, checks));
  return trial(checks);
}

/** Tests what was given to attach a host. @throws `bad-request` for what cannot be right, `cancelled` */
export async function testNew(
  input: { attach: HostAttach; readOnly?: boolean | undefined },
  { redactor }: TrialTools,
  { signal }: Call,
): Promise<Trial> {
  const { settings, secret } = readAttach(input.attach);
  const readOnly = input.readOnly ?? false;
  if (secret) redactor.protect(secretTexts(secret));
  const opened: Opened = {
    provider: openProvider(settings, secret, readOnly),
    refusal: null,
    name: hostRoot(settings),
    readOnly,
    hasSecret: secret !== null,
  };
  const { provider, close } = createHostProvider(() => opened, redactor);
  try {
    return trial(await runChecks({ settings, readOnly, secret, provider }, { write: true, signal }));
  } finally {
    await close();
  }
}
