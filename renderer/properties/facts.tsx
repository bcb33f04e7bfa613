import { Button, makeStyles, mergeClasses, Spinner, Tooltip, tokens } from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { formatBytes, formatCount, plural } from '../ui/format.ts';
import { copyText } from './copy-text.ts';
import type { Counting } from './use-statistics.ts';

const useStyles = makeStyles({
  list: {
    display: 'grid',
    gridTemplateColumns: '128px minmax(0, 1fr)',
    rowGap: '2px',
    columnGap: '12px',
    margin: 0,
    alignItems: 'start',
  },
  term: { color: tokens.colorNeutralForeground3, lineHeight: '24px' },
  value: { margin: 0, display: 'flex', alignItems: 'flex-start', gap: '4px', minHeight: '24px' },
  text: { lineHeight: '24px', overflowWrap: 'anywhere', userSelect: 'text', minWidth: 0 },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: '12px' },
  copy: { flexShrink: 0, color: tokens.colorNeutralForeground3 },
  spinner: { display: 'inline-flex', marginLeft: '8px', verticalAlign: 'middle' },
});

/** Facts, a line each, their names in one column. */
export function FactList({ children }: { readonly children: ReactNode }) {
  return <dl className={useStyles().list}>{children}</dl>;
}

interface FactProps {
  readonly term: string;
  readonly mono?: boolean;
  /** What the button beside it copies; absent: there is none. */
  readonly copy?: string;
  readonly children: ReactNode;
}

export function Fact({ term, mono = false, copy, children }: FactProps) {
  const styles = useStyles();
  return (
    <>
      <dt className={styles.term}>{term}</dt>
      <dd className={styles.value}>
        <span className={mergeClasses(styles.text, mono && styles.mono)}>{children}</span>
        {copy !== undefined && <CopyButton what={term} text={copy} />}
      </dd>
    </>
  );
}

export function CopyButton({ what, text }: { readonly what: string; readonly text: string }) {
  const styles = useStyles();
  return (
    <Tooltip content={`Copy ${what}`} relationship="label">
      <Button
        className={styles.copy}
        size="small"
        appearance="subtle"
        icon={<CopyRegular />}
        onClick={() => void copyText(text, what)}
      />
    </Tooltip>
  );
}

/** Bytes, and with `containers` what is counted in folders, as they grow. */
export function SizeFacts({ counting, containers }: { readonly counting: Counting; readonly containers: boolean }) {
  const styles = useStyles();
  return (
    <>
      <Fact term="Size">
        {formatBytes(counting.bytes)} ({formatCount(counting.bytes)} bytes)
        {!counting.done && (
          <span className={styles.spinner}>
            <Spinner size="extra-tiny" aria-label="Counting" />
          </span>
        )}
      </Fact>
      {containers && (
        <Fact term="Contains">
          {plural(counting.files, 'file')}, {plural(counting.directories, 'folder')}
        </Fact>
      )}
    </>
  );
}
