import { Button, Link, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import { fromContract } from '../app/client.ts';
import { useSettings } from '../app/stores/settings.ts';
import { useThemeName } from '../app/theme.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes } from '../ui/format.ts';
import { isBoolean, useRemembered } from '../ui/remembered.ts';
import { reportError } from '../ui/toasts.tsx';
import { hasEnded } from './job-words.ts';
import type { LogReader, LogStatus } from './log-reader.ts';
import { LogRow, paletteFor } from './log-row.tsx';
import type { LogMatch } from './log-search.ts';
import { LogToolbar } from './log-toolbar.tsx';
import { readWholeLog, saveBlob } from './save-log.ts';
import { useLogReader } from './use-log-reader.ts';
import { useLogSearch } from './use-log-search.ts';

const lineHeight = 19;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 },
  notice: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    flexShrink: 0,
    padding: '5px 20px',
    fontSize: tokens.fontSizeBase200,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  message: { margin: '8px 20px', flexShrink: 0 },
  scroller: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'auto',
    overflowAnchor: 'none',
    backgroundColor: tokens.colorNeutralBackground1,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  body: { position: 'relative' },
  rows: { position: 'absolute', top: 0, left: 0, minWidth: '100%' },
  wrapped: { width: '100%' },
  empty: {
    padding: '24px 20px',
    color: tokens.colorNeutralForeground3,
    fontFamily: tokens.fontFamilyBase,
    fontSize: tokens.fontSizeBase300,
  },
});

const none: readonly LogMatch[] = [];

/** Asks before the bottom of the window is reached, in pixels. */
const near = 30;

/** Scrolls with the log while it is followed, and keeps the lines in place when others are added before them. */
function useScrolling(reader: LogReader, status: LogStatus) {
  const scroller = useRef<HTMLDivElement>(null);
  const last = useRef({ top: 0, first: 0, model: reader.model });
  const firstKey = reader.model.lines[0]?.key ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that there are other lines
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const before = last.current;
    if (status.following) element.scrollTop = element.scrollHeight;
    else if (before.model !== reader.model) element.scrollTop = 0;
    else if (before.first !== firstKey) element.scrollTop += (before.first - firstKey) * lineHeight;
    last.current = { top: element.scrollTop, first: firstKey, model: reader.model };
  }, [reader, status.version, status.following, firstKey]);
  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const { top } = last.current;
    last.current.top = element.scrollTop;
    const fromBottom = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (element.scrollTop < top && fromBottom > near && status.following) void reader.follow(false);
    if (element.scrollTop < top && element.scrollTop < near && reader.model.start > 0) void reader.earlier();
    if (element.scrollTop > top && fromBottom < near && !status.following) {
      if (reader.model.end >= status.size) void reader.follow(true);
      else void reader.later();
    }
  };
  return { scroller, onScroll };
}

function useSaving(job: Job) {
  const [saving, setSaving] = useState<number | null>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const save = async (): Promise<void> => {
    abort.current = new AbortController();
    setSaving(0);
    try {
      saveBlob(await readWholeLog(job.id, abort.current.signal, setSaving), `${job.name}.log`);
    } catch (error) {
      reportError(error, 'The log could not be saved.');
    } finally {
      setSaving(null);
    }
  };
  return { saving, save };
}

/** A job's log, live: pulled by pages, bounded on screen and in memory whatever the job writes. */
export function LogView({ job }: { readonly job: Job }) {
  const styles = useStyles();
  const { reader, status } = useLogReader(job);
  const [showTime, setShowTime] = useRemembered('log.timestamps', false, isBoolean);
  const [wrap, setWrap] = useRemembered('log.wrap', false, isBoolean);
  const { scroller, onScroll } = useScrolling(reader, status);
  const { saving, save } = useSaving(job);
  const searchRef = useRef<HTMLInputElement>(null);
  const palette = paletteFor(useThemeName(useSettings((state) => state.settings.theme)) !== 'light');
  const { lines, start } = reader.model;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 30,
    paddingStart: 6,
    paddingEnd: 6,
    getItemKey: useCallback((index: number) => reader.model.lines[index]?.key ?? index, [reader]),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: wrapped and unwrapped lines have other heights
  useLayoutEffect(() => virtual.measure(), [virtual, wrap]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      searchRef.current?.select();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  const search = useLogSearch(job.id, reader, status, {
    first: () => virtual.range?.startIndex ?? 0,
    show: (line) => virtual.scrollToIndex(line, { align: 'center' }),
  });
  const items = virtual.getVirtualItems();
  const error = status.error === null ? null : fromContract(status.error);
  return (
    <div className={styles.root}>
      <LogToolbar
        searchRef={searchRef}
        query={search.query}
        matches={search.matches.length}
        current={search.current}
        onQuery={search.setQuery}
        searching={search.searching}
        partly={start > 0 || reader.model.end < status.size}
        onStep={search.step}
        size={status.size}
        showTime={showTime}
        onShowTime={setShowTime}
        wrap={wrap}
        onWrap={setWrap}
        following={hasEnded(job) && status.complete ? null : status.following}
        onFollow={(follow) => void reader.follow(follow)}
        saving={saving}
        onSave={() => void save()}
      />
      {status.skipped > 0 && (
        <div className={styles.notice} role="status">
          Skipped {formatBytes(status.skipped)} to keep up.
          <Link as="button" onClick={() => void reader.fromStart()}>
            Show from start
          </Link>
        </div>
      )}
      {status.skipped === 0 && start > 0 && (
        <div className={styles.notice}>
          {formatBytes(start)} before this.
          <Link as="button" onClick={() => void reader.earlier()}>
            Load earlier
          </Link>
          <Link as="button" onClick={() => void reader.fromStart()}>
            Show from start
          </Link>
          {status.loading === 'earlier' && <Spinner size="extra-tiny" aria-label="Loading earlier lines" />}
        </div>
      )}
      {error && (
        <ErrorMessage
          className={styles.message}
          error={error}
          actions={
            <Button size="small" appearance="transparent" onClick={() => void reader.open()}>
              Try again
            </Button>
          }
        />
      )}
      <div
        ref={scroller}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label="Log of the job"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller with nothing to focus inside takes the focus itself
        tabIndex={0}
        onScroll={onScroll}
      >
        {lines.length === 0 && status.loading === null && !error && (
          <div className={styles.empty}>
            {hasEnded(job) ? 'The job wrote nothing to its log.' : 'Nothing was written yet. Output appears here as it comes.'}
          </div>
        )}
        <div className={styles.body} style={{ height: virtual.getTotalSize() }}>
          <div
            className={wrap ? `${styles.rows} ${styles.wrapped}` : styles.rows}
            style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}
          >
            {items.map((item) => {
              const line = lines[item.index];
              if (!line) return null;
              const matches = search.byLine.get(item.index) ?? none;
              const current = search.current < 0 ? undefined : search.matches[search.current];
              return (
                <div key={item.key} data-index={item.index} ref={wrap ? virtual.measureElement : undefined}>
                  <LogRow
                    runs={line.runs}
                    time={line.time}
                    stderr={line.stream === 'stderr'}
                    showTime={showTime}
                    wrap={wrap}
                    palette={palette}
                    matches={matches}
                    current={current ? matches.indexOf(current) : -1}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
