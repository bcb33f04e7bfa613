import { useState } from 'react';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { visible } from '#shared/paths.ts';
import { usageWords } from '../explorer/usage-field.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatExactTime } from '../ui/format.ts';
import { DialogFrame } from './dialog-frame.tsx';
import { Fact, FactList, SizeFacts } from './facts.tsx';
import { StatisticsView } from './statistics-view.tsx';
import { useStatistics } from './use-statistics.ts';

const whole = [{ path: '', kind: 'directory', size: 0 }] as const;

/** What a vfolder is, where it lies, and what is in it. */
export function VfolderPropertiesDialog({ vfolder, onClose }: { readonly vfolder: Vfolder; readonly onClose: () => void }) {
  const counting = useStatistics(vfolder.name, whole);
  const [shown, setShown] = useState<'general' | 'contents'>('general');
  const { statistics, problem } = counting;
  const general = (
    <>
      {problem && <ErrorMessage error={problem} />}
      <FactList>
        <Fact term="Host">{visible(vfolder.host.name)}</Fact>
        <Fact term={vfolder.kind === 'linked' ? 'Linked to' : 'Place'} mono copy={vfolder.place}>
          {visible(vfolder.place)}
        </Fact>
        {vfolder.broken !== null && <Fact term="Problem">{visible(vfolder.broken)}</Fact>}
        <Fact term="Usage">{usageWords[vfolder.usage]}</Fact>
        <Fact term="Permission">{vfolder.permission === 'ro' ? 'Read-only' : 'Read-write'}</Fact>
        {vfolder.note && <Fact term="Note">{vfolder.note}</Fact>}
        <SizeFacts counting={counting} containers />
        {vfolder.mountPath && (
          <Fact term="Mounted at" mono>
            {vfolder.mountPath}
          </Fact>
        )}
        {vfolder.automount && <Fact term="Automount">Mounted into every job</Fact>}
        <Fact term="Created">{formatExactTime(vfolder.createdAt)}</Fact>
        {vfolder.lastUsedAt !== null && <Fact term="Last used">{formatExactTime(vfolder.lastUsedAt)}</Fact>}
      </FactList>
    </>
  );
  const contents = statistics ? (
    <StatisticsView vfolder={vfolder.name} path="" statistics={statistics} onLeave={onClose} />
  ) : null;
  const tabs = [
    { id: 'general', label: 'General', content: general },
    { id: 'contents', label: 'Contents', content: contents },
  ] as const;
  return <DialogFrame title={vfolder.name} tabs={tabs} shown={shown} onShow={setShown} onClose={onClose} />;
}
