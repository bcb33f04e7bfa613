import { Button, makeStyles, SearchBox, ToggleButton, Tooltip } from '@fluentui/react-components';
import {
  AddRegular,
  ArrowUploadRegular,
  FolderAddRegular,
  FolderArrowUpRegular,
  GroupListRegular,
  LinkRegular,
} from '@fluentui/react-icons';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useSettings } from '../app/stores/settings.ts';
import { loadVfolders, useVfolders } from '../app/stores/vfolders.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { isBoolean, useRemembered } from '../ui/remembered.ts';
import { openDialog } from './dialog-state.ts';
import { home } from './location.ts';
import { Toolbar } from './toolbar.tsx';
import { chooseAndUpload } from './upload-here.ts';
import { byName, shownVfolders, type VfolderColumn, type VfolderSort } from './vfolder-rows.ts';
import { VfolderTable } from './vfolder-table.tsx';
import { Welcome } from './welcome.tsx';

const useStyles = makeStyles({
  filter: { width: '190px', flexShrink: 1, minWidth: '110px' },
  problem: { margin: '12px' },
});

const isSort = (value: unknown): value is VfolderSort =>
  typeof value === 'object' &&
  value !== null &&
  'column' in value &&
  'descending' in value &&
  typeof value.descending === 'boolean' &&
  ['name', 'usage', 'permission', 'host', 'lastUsed'].includes(String(value.column));

/** All vfolders, or the way to the first one. */
export function HomeView() {
  const styles = useStyles();
  const { vfolders, loaded, problem } = useVfolders();
  const welcomed = useSettings((state) => state.settings.welcomed);
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useRemembered('home.sort', byName, isSort);
  const [grouped, setGrouped] = useRemembered('home.grouped', false, isBoolean);
  const wanted = useDeferredValue(filter);
  const shown = useMemo(() => shownVfolders(vfolders, wanted, sort), [vfolders, wanted, sort]);
  // What became of the places that links point to is nobody's change.
  useEffect(() => void loadVfolders(), []);
  if (loaded && !welcomed && vfolders.length === 0) return <Welcome />;
  const sortBy = (column: VfolderColumn): void =>
    setSort({ column, descending: sort.column === column ? !sort.descending : column === 'lastUsed' });
  return (
    <>
      <Toolbar location={home}>
        <SearchBox
          size="small"
          className={styles.filter}
          placeholder="Filter"
          aria-label="Filter the vfolders"
          value={filter}
          onChange={(_, data) => setFilter(data.value)}
          onKeyDown={(event) => event.key === 'Escape' && setFilter('')}
        />
        <Tooltip content="Group by host" relationship="label">
          <ToggleButton
            size="small"
            appearance="subtle"
            icon={<GroupListRegular />}
            checked={grouped}
            onClick={() => setGrouped(!grouped)}
          />
        </Tooltip>
        <Button size="small" icon={<LinkRegular />} onClick={() => openDialog({ kind: 'link' })}>
          Link a folder
        </Button>
        <Button size="small" appearance="primary" icon={<AddRegular />} onClick={() => openDialog({ kind: 'create-vfolder' })}>
          New vfolder
        </Button>
      </Toolbar>
      {problem && <ErrorMessage className={styles.problem} error={problem} />}
      {loaded && vfolders.length === 0 ? (
        <NoVfolders />
      ) : loaded && shown.length === 0 ? (
        <EmptyState title="No vfolder matches" actions={<Button onClick={() => setFilter('')}>Clear the filter</Button>}>
          No vfolder has “{filter}” in its name, note, host or place.
        </EmptyState>
      ) : (
        <VfolderTable vfolders={shown} sort={sort} grouped={grouped} onSort={sortBy} />
      )}
    </>
  );
}

function NoVfolders() {
  return (
    <EmptyState
      icon={<FolderAddRegular />}
      title="Put your first data in"
      actions={
        <>
          <Button appearance="primary" icon={<FolderArrowUpRegular />} onClick={() => chooseAndUpload('folder')}>
            Choose a folder
          </Button>
          <Button icon={<ArrowUploadRegular />} onClick={() => chooseAndUpload('files')}>
            Choose files
          </Button>
          <Button icon={<LinkRegular />} onClick={() => openDialog({ kind: 'link' })}>
            Link a folder
          </Button>
          <Button icon={<AddRegular />} onClick={() => openDialog({ kind: 'create-vfolder' })}>
            New vfolder
          </Button>
        </>
      }
    >
      A vfolder holds data that jobs mount. Drop a folder anywhere here and a vfolder of its name is made for it.
    </EmptyState>
  );
}
