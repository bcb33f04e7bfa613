import { Button, Link, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { BroomRegular, CloudArrowDownRegular, PinOffRegular, PinRegular } from '@fluentui/react-icons';
import type { CachedVfolder } from '#shared/contract/cache.ts';
import { visible } from '#shared/paths.ts';
import { goJobs } from '../app/navigation.ts';
import { freeCopies, pinInCache } from '../cache/acts.ts';
import { loadAhead } from '../cache/loads.ts';
import { formatAgo, formatBytes, formatCount, formatExactTime, plural } from '../ui/format.ts';
import { SmallBadge } from '../ui/small-badge.tsx';
import { useTableStyles } from './settings-table.ts';

const useStyles = makeStyles({
  name: { display: 'flex', alignItems: 'center', gap: '8px', minWidth: 0 },
  words: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', fontWeight: tokens.fontWeightSemibold },
  gone: { color: tokens.colorNeutralForeground3, fontWeight: tokens.fontWeightRegular },
  jobs: { display: 'flex', flexWrap: 'wrap', columnGap: '8px', maxWidth: '160px' },
});

/** The pins of a vfolder in a word, with their places beside the pointer. */
function PinBadge({ pinned }: { readonly pinned: readonly string[] }) {
  if (pinned.length === 0) return null;
  if (pinned.includes('')) return <SmallBadge title="Never evicted">pinned</SmallBadge>;
  const places = pinned.map((path) => visible(path)).join('\n');
  return <SmallBadge title={`Never evicted:\n${places}`}>{plural(pinned.length, 'place')} pinned</SmallBadge>;
}

function Actions({ vfolder, name }: { readonly vfolder: CachedVfolder; readonly name: string }) {
  const isPinned = vfolder.pinned.length > 0;
  const shown = visible(name);
  return (
    <>
      <Button
        size="small"
        appearance="subtle"
        icon={isPinned ? <PinOffRegular /> : <PinRegular />}
        aria-label={`${isPinned ? 'Unpin' : 'Pin'} ${shown}`}
        title={isPinned ? 'Unpin: it may be evicted again' : 'Pin: it is never evicted'}
        onClick={() => void pinInCache(name, isPinned ? vfolder.pinned : [''], !isPinned)}
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<CloudArrowDownRegular />}
        aria-label={`Load ${shown} ahead`}
        title="Load the whole of it ahead"
        onClick={() => void loadAhead(name, [''], true)}
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<BroomRegular />}
        aria-label={`Free ${shown}`}
        title="Free the copies on this machine; the files at their host stay"
        onClick={() => void freeCopies({ vfolder: name, paths: [''] })}
      />
    </>
  );
}

/** What the cache holds, by vfolder. */
export function CacheTable({ vfolders }: { readonly vfolders: readonly CachedVfolder[] }) {
  const table = useTableStyles();
  const styles = useStyles();
  return (
    <div className={table.root}>
      <table className={table.table} aria-label="Cached vfolders">
        <thead>
          <tr>
            <th scope="col" className={mergeClasses(table.th, table.wide)}>
              Vfolder
            </th>
            <th scope="col" className={mergeClasses(table.th, table.right)}>
              Files
            </th>
            <th scope="col" className={mergeClasses(table.th, table.right)}>
              Size
            </th>
            <th scope="col" className={mergeClasses(table.th, table.right)}>
              Last used
            </th>
            <th scope="col" className={table.th}>
              Used by
            </th>
            <th scope="col" className={table.th} aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {vfolders.map((vfolder) => (
            <tr key={vfolder.vfolderId}>
              <th scope="row" className={mergeClasses(table.td, table.wide)}>
                <div className={styles.name}>
                  <span className={mergeClasses(styles.words, vfolder.vfolder === null && styles.gone)}>
                    {visible(vfolder.vfolder ?? 'A vfolder that is gone')}
                  </span>
                  <PinBadge pinned={vfolder.pinned} />
                </div>
              </th>
              <td className={mergeClasses(table.td, table.right)}>{formatCount(vfolder.files)}</td>
              <td className={mergeClasses(table.td, table.right)}>{formatBytes(vfolder.bytes)}</td>
              <td className={mergeClasses(table.td, table.right)} title={formatExactTime(vfolder.lastUsedAt)}>
                {formatAgo(vfolder.lastUsedAt)}
              </td>
              <td className={table.td}>
                <div className={styles.jobs}>
                  {vfolder.jobs.map((job) => (
                    <Link key={job} onClick={() => goJobs(job)}>
                      Job {job}
                    </Link>
                  ))}
                </div>
              </td>
              <td className={mergeClasses(table.td, table.actions)}>
                {vfolder.vfolder !== null && <Actions vfolder={vfolder} name={vfolder.vfolder} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
