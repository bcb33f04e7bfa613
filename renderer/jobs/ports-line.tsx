import { Button, Link, makeStyles, tokens } from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import { type JobPort, portUrl } from '#shared/contract/ports.ts';
import { client, desktop } from '../app/client.ts';
import { reportError } from '../ui/toasts.tsx';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    columnGap: '20px',
    margin: '4px 0 0 40px',
    padding: 0,
    listStyle: 'none',
  },
  port: { display: 'flex', alignItems: 'center', gap: '6px', fontVariantNumeric: 'tabular-nums' },
  term: { color: tokens.colorNeutralForeground3 },
});

/** Where the ports of a running job are reached; asked when it begins to run. */
function usePorts({ id, state }: Job): readonly JobPort[] {
  const [ports, setPorts] = useState<{ readonly id: number; readonly ports: readonly JobPort[] }>({ id, ports: [] });
  useEffect(() => {
    const abort = new AbortController();
    if (state !== 'running') setPorts({ id, ports: [] });
    else
      client.jobs
        .ports({ id }, { signal: abort.signal })
        .then((found) => setPorts({ id, ports: found }))
        // An engine that does not answer now says so everywhere else.
        .catch(() => {});
    return () => abort.abort();
  }, [id, state]);
  return ports.id === id ? ports.ports : [];
}

/** The published ports of a running job, to be opened in a browser. */
export function PortsLine({ job }: { readonly job: Job }) {
  const styles = useStyles();
  const ports = usePorts(job);
  if (ports.length === 0) return null;
  return (
    <ul className={styles.root} aria-label="Ports">
      {ports.map((port) => (
        <li key={`${port.container} ${port.port}`} className={styles.port}>
          <span className={styles.term}>Port {port.container}</span>
          {port.here ? <OpenPort port={port} /> : <span>at 127.0.0.1:{port.port} of the engine’s machine</span>}
        </li>
      ))}
    </ul>
  );
}

function OpenPort({ port: { container, port } }: { readonly port: JobPort }) {
  const url = portUrl(port);
  const name = url.replace(/^http:\/\/|\/$/g, '');
  const open = desktop?.openExternal;
  return (
    <>
      <Link
        href={url}
        target="_blank"
        rel="noopener noreferrer"
        aria-label={`Open port ${container} at ${name}`}
        title={`Open port ${container} of the job in the browser`}
        onClick={(event) => {
          if (!open) return;
          event.preventDefault();
          open(url).catch((error: unknown) => reportError(error, 'The port could not be opened.'));
        }}
      >
        {name}
      </Link>
      <Button
        size="small"
        appearance="subtle"
        icon={<CopyRegular />}
        aria-label={`Copy the address of port ${container}`}
        title="Copy the address"
        onClick={() => void navigator.clipboard.writeText(url)}
      />
    </>
  );
}
