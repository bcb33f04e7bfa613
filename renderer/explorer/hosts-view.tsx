import { Button } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import { openHostDialog } from '../hosts/dialog-state.ts';
import { HostList } from '../hosts/host-list.tsx';
import { hostsLocation } from './location.ts';
import { Toolbar } from './toolbar.tsx';

/** The storage hosts as a tab of Files. */
export function HostsView({ host }: { readonly host: string | null }) {
  return (
    <>
      <Toolbar location={hostsLocation(host)}>
        <Button size="small" appearance="primary" icon={<AddRegular />} onClick={() => openHostDialog({ kind: 'add' })}>
          Add a host
        </Button>
      </Toolbar>
      <HostList asked={host} />
    </>
  );
}
