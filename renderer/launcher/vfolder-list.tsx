import { Input, makeStyles, tokens } from '@fluentui/react-components';
import { FolderRegular, LinkRegular, SearchRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useVfolders } from '../app/stores/vfolders.ts';
import { ModeBadge } from '../planner/badges.tsx';
import { MountableItem } from './mountable-item.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  head: { display: 'flex', alignItems: 'center', gap: '12px', padding: '8px 14px 6px', flexShrink: 0 },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  hint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  filter: { marginLeft: 'auto', width: '150px', minWidth: 0 },
  filterInput: { minWidth: 0, width: '100%' },
  list: { listStyleType: 'none', margin: 0, padding: '0 8px 8px 6px', overflowY: 'auto', flexGrow: 1 },
  icon: { fontSize: '16px', flexShrink: 0, color: tokens.colorNeutralForeground3 },
  note: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    minWidth: 0,
    flexShrink: 2,
  },
  none: { padding: '4px 14px', color: tokens.colorNeutralForeground3 },
});

export interface VfolderListProps {
  readonly onMount: (address: string) => void;
}

/** The vfolders beside the container view, with their folders: drag one onto it, or mount it by its button. */
export function VfolderList({ onMount }: VfolderListProps) {
  const styles = useStyles();
  const vfolders = useVfolders((state) => state.vfolders);
  const [filter, setFilter] = useState('');
  const shown = vfolders.filter((vfolder) => vfolder.name.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <section className={styles.root} aria-label="Vfolders to mount">
      <div className={styles.head}>
        <h2 className={styles.title}>Vfolders</h2>
        <span className={styles.hint}>Drag one into the container</span>
        {vfolders.length > 5 && (
          <Input
            size="small"
            className={styles.filter}
            input={{ className: styles.filterInput }}
            contentBefore={<SearchRegular />}
            aria-label="Filter vfolders"
            placeholder="Filter"
            value={filter}
            onChange={(_, data) => setFilter(data.value)}
          />
        )}
      </div>
      {shown.length === 0 ? (
        <div className={styles.none}>
          {vfolders.length === 0 ? 'There are no vfolders yet. Make one in Files.' : 'No vfolder has that in its name.'}
        </div>
      ) : (
        <ul className={styles.list}>
          {shown.map((vfolder) => {
            const Icon = vfolder.kind === 'linked' ? LinkRegular : FolderRegular;
            return (
              <MountableItem
                key={vfolder.id}
                vfolder={vfolder.name}
                path=""
                name={vfolder.name}
                icon={<Icon className={styles.icon} aria-hidden />}
                notes={
                  <>
                    <ModeBadge mode={vfolder.permission} />
                    <span className={styles.note}>{vfolder.note}</span>
                  </>
                }
                onMount={onMount}
              />
            );
          })}
        </ul>
      )}
    </section>
  );
}
