import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowSortRegular, ChevronDownRegular, ChevronUpRegular, CircleFilled, HardDriveRegular } from '@fluentui/react-icons';
import type { EngineStatus } from '#shared/contract/engines.ts';
import { loadedFraction, useLoads } from '../cache/loads.ts';
import { EditsButton } from '../edits/edits-button.tsx';
import { overallFraction, overallOf } from '../transfers/overall.ts';
import { useTransfersPanel } from '../transfers/panel-state.ts';
import { formatBytes, formatDuration, formatSpeed, plural } from '../ui/format.ts';
import { goCache, goSettings } from './navigation.ts';
import { useCache } from './stores/cache.ts';
import { useEngines } from './stores/engines.ts';
import { hasEnded, useTransfers } from './stores/transfers.ts';

const useStyles = makeStyles({
  bar: {
    gridRow: '3',
    gridColumn: '1 / -1',
    display: 'flex',
    alignItems: 'center',
    gap: '2px',
    height: '27px',
    padding: '0 8px',
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: 'tabular-nums',
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground3,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  item: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: '6px',
    height: '22px',
    padding: '0 8px',
    border: 'none',
    borderRadius: '4px',
    background: 'transparent',
    color: 'inherit',
    font: 'inherit',
    whiteSpace: 'nowrap',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorNeutralBackground5 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  space: { flexGrow: 1 },
  dot: { fontSize: '8px', color: tokens.colorNeutralForeground4 },
  ready: { color: tokens.colorPaletteGreenForeground3 },
  bad: { color: tokens.colorPaletteRedForeground3 },
});

/** Engines at the left, the cache and transfers in flight at the right. */
export function StatusBar() {
  const styles = useStyles();
  const engines = useEngines((state) => state.engines);
  const transfers = useTransfers((state) => state.transfers);
  const { open, setOpen } = useTransfersPanel();
  const inFlight = transfers.filter((transfer) => !hasEnded(transfer));
  const overall = overallOf(transfers);
  const fraction = overallFraction(overall);
  return (
    <footer className={styles.bar}>
      {engines.filter(isWorthTelling).map((engine) => (
        <button key={engine.id} type="button" className={styles.item} title={engine.message} onClick={goSettings}>
          <CircleFilled
            aria-hidden
            className={mergeClasses(
              styles.dot,
              engine.state === 'ready' ? styles.ready : !['absent', 'checking'].includes(engine.state) && styles.bad,
            )}
          />
          {engineLabel(engine)}
        </button>
      ))}
      <div className={styles.space} />
      <CacheButton />
      <EditsButton className={styles.item} />
      <button
        type="button"
        className={styles.item}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        title={open ? 'Hide transfers (Ctrl+J)' : 'Show transfers (Ctrl+J)'}
      >
        <ArrowSortRegular aria-hidden fontSize={14} />
        {inFlight.length === 0 ? 'Transfers' : plural(inFlight.length, 'transfer')}
        {overall.running > 0 && fraction !== null && <span>· {Math.floor(fraction * 100)} %</span>}
        {overall.speed > 0 && <span>· {formatSpeed(overall.speed)}</span>}
        {overall.etaSeconds !== null && <span>· {formatDuration(overall.etaSeconds * 1000)} left</span>}
        {overall.paused > 0 && overall.paused < inFlight.length && <span>· {overall.paused} paused</span>}
        {overall.paused > 0 && overall.paused === inFlight.length && <span>· paused</span>}
        {open ? <ChevronDownRegular aria-hidden fontSize={12} /> : <ChevronUpRegular aria-hidden fontSize={12} />}
      </button>
    </footer>
  );
}

/** How much the cache holds, and what is on its way there. */
function CacheButton() {
  const styles = useStyles();
  const status = useCache((state) => state.status);
  const loads = useLoads((state) => state.loads);
  const fraction = loadedFraction(loads);
  if (!status) return null;
  const { usedBytes, limitBytes } = status;
  return (
    <button
      type="button"
      className={styles.item}
      title={`Cache: ${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} used`}
      onClick={goCache}
    >
      <HardDriveRegular aria-hidden fontSize={14} />
      Cache {formatBytes(usedBytes)}
      {loads.length > 0 && <span>· loading {fraction === null ? '…' : `${Math.floor(fraction * 100)} %`}</span>}
    </button>
  );
}

/** Of engines that were found only those that can run jobs: Settings tells of the rest. */
const isWorthTelling = ({ id, state }: EngineStatus): boolean => state === 'ready' || id === 'docker' || id === 'process';

function engineLabel(engine: EngineStatus): string {
  switch (engine.state) {
    case 'ready':
      return engine.version ? `${engine.name} ${engine.version}` : engine.name;
    case 'absent':
      return `${engine.name}: not found`;
    case 'permission':
      return `${engine.name}: no permission`;
    case 'checking':
      return `${engine.name}: checking`;
    case 'error':
      return `${engine.name}: not ready`;
  }
}
