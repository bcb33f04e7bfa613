import { Button } from '@fluentui/react-components';
import type { Transfer } from '#shared/contract/transfers.ts';
import { client } from '../app/client.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { useVfolders } from '../app/stores/vfolders.ts';
import { openHostDialog } from '../hosts/dialog-state.ts';
import { reportError } from '../ui/toasts.tsx';
import { isTrouble, lacksCredentials } from './trouble.ts';

/** The buttons that lead out of a transfer's trouble. */
export function TroubleActions({ transfer }: { readonly transfer: Transfer }) {
  const hosts = useHosts((state) => state.hosts);
  const vfolders = useVfolders((state) => state.vfolders);
  if (!transfer.problem || !isTrouble(transfer)) return null;
  const host = lacksCredentials(transfer, hosts, vfolders);
  const act = (what: 'resume' | 'retry') => (): void => {
    client.transfers[what]({ id: transfer.id }).catch((error: unknown) => reportError(error));
  };
  return (
    <>
      {host && (
        <Button
          size="small"
          appearance="primary"
          onClick={() => openHostDialog({ kind: 'edit', id: host.id, credentials: true })}
        >
          Edit credentials
        </Button>
      )}
      {transfer.state === 'paused' && (
        <Button size="small" onClick={act('resume')}>
          Resume
        </Button>
      )}
      {transfer.state === 'failed' && (
        <Button size="small" onClick={act('retry')}>
          Retry
        </Button>
      )}
    </>
  );
}
