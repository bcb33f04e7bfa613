import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { DismissRegular, PauseRegular, PlayRegular } from '@fluentui/react-icons';
import { useTransfers } from '../app/stores/transfers.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { BandwidthMenu } from './bandwidth-limit.tsx';
import { overallFraction, overallOf, overallWords } from './overall.ts';
import { setTransfersPanel } from './panel-state.ts';
import { Sparkline } from './sparkline.tsx';
import { useSpeeds } from './speed-history.ts';
import { overallSpan } from './speed-samples.ts';
import { actOnAll } from './transfer-acts.ts';

const useStyles = makeStyles({
  head: {
    position: 'relative',
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    height: '36px',
    padding: '0 6px 0 14px',
    flexShrink: 0,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  title: { margin: 0, flexShrink: 0, fontSize: '13px', lineHeight: '19px', fontWeight: tokens.fontWeightSemibold },
  words: {
    margin: '0 4px 0 8px',
    padding: 0,
    display: 'flex',
    gap: '14px',
    minWidth: 0,
    overflow: 'hidden',
    whiteSpace: 'nowrap',
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: 'tabular-nums',
    color: tokens.colorNeutralForeground2,
  },
  word: { overflow: 'hidden', textOverflow: 'ellipsis', minWidth: '40px' },
  space: { flexGrow: 1 },
  bar: { position: 'absolute', left: 0, right: 0, bottom: '-1px', height: '2px', borderRadius: 0 },
  button: { flexShrink: 0, whiteSpace: 'nowrap' },
  graph: { '@media (max-width: 1000px)': { display: 'none' } },
});

const everySpeed = 'all transfers';

/** All transfers as one line: how many, how far, how fast, how long; and what is done with all of them. */
export function PanelHead() {
  const styles = useStyles();
  const overall = overallOf(useTransfers((state) => state.transfers));
  const speeds = useSpeeds((state) => state.overall);
  const words = overallWords(overall);
  const active = overall.running + overall.waiting > 0;
  return (
    <div className={styles.head}>
      <h2 className={styles.title}>Transfers</h2>
      {words.length > 0 && (
        <p className={styles.words} data-testid="all-transfers">
          {words.map((word) => (
            <span key={word.replace(/[\d.,]+/g, '')} className={styles.word} title={word}>
              {word}
            </span>
          ))}
        </p>
      )}
      {speeds.some((speed) => speed > 0) && (
        <Sparkline speeds={speeds} span={overallSpan} of={everySpeed} width={140} height={24} className={styles.graph} />
      )}
      <span className={styles.space} />
      {overall.paused > 0 && (
        <Button
          size="small"
          appearance="subtle"
          className={styles.button}
          icon={<PlayRegular />}
          onClick={() => actOnAll('resumeAll')}
        >
          Resume all
        </Button>
      )}
      {active && (
        <Button
          size="small"
          appearance="subtle"
          className={styles.button}
          icon={<PauseRegular />}
          onClick={() => actOnAll('pauseAll')}
        >
          Pause all
        </Button>
      )}
      <BandwidthMenu />
      <Button
        size="small"
        appearance="subtle"
        icon={<DismissRegular />}
        aria-label="Hide transfers"
        title="Hide transfers (Ctrl+J)"
        onClick={() => setTransfersPanel(false)}
      />
      {active && <ProgressBar value={overallFraction(overall)} label="Progress of all transfers" className={styles.bar} />}
    </div>
  );
}
