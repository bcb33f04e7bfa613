import { makeStyles, SearchBox, tokens } from '@fluentui/react-components';
import { useMemo, useState } from 'react';
import type { PreviewContent, PreviewTensor } from '#shared/contract/previews.ts';
import { visible } from '#shared/paths.ts';
import { formatBytes, formatCount, plural } from '../ui/format.ts';
import { type ListColumn, ListTable } from './list-table.tsx';
import { shapeText } from './shape.ts';
import { ViewBar } from './view-bar.tsx';

const useStyles = makeStyles({
  space: { flexGrow: 1 },
  filter: { width: '150px', flexShrink: 1, minWidth: '90px' },
  metadata: {
    flexShrink: 0,
    maxHeight: '96px',
    overflowY: 'auto',
    margin: 0,
    padding: '6px 12px',
    display: 'grid',
    gridTemplateColumns: 'max-content 1fr',
    columnGap: '12px',
    fontSize: tokens.fontSizeBase200,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  term: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, overflowWrap: 'anywhere', userSelect: 'text' },
});

const columns: readonly ListColumn<PreviewTensor>[] = [
  { title: 'Tensor', width: 'text', text: ({ name }) => visible(name) },
  { title: 'Type', width: 44, text: ({ dtype }) => visible(dtype) },
  { title: 'Shape', width: 88, right: true, text: ({ shape }) => shapeText(shape) },
  { title: 'Size', width: 60, right: true, text: ({ bytes }) => formatBytes(bytes) },
];

interface TensorsViewProps {
  readonly path: string;
  readonly content: Extract<PreviewContent, { kind: 'tensors' }>;
}

/** What is in a file of weights: every tensor, and what they add up to. */
export function TensorsView({ path, content: { tensors, count, parameters, bytes, metadata } }: TensorsViewProps) {
  const styles = useStyles();
  const [filter, setFilter] = useState('');
  const shown = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    return wanted === '' ? tensors : tensors.filter(({ name }) => name.toLowerCase().includes(wanted));
  }, [tensors, filter]);
  return (
    <>
      <ViewBar>
        <span title={`${formatCount(parameters)} parameters`}>
          {plural(count, 'tensor')} · {compact.format(parameters)} parameters · {formatBytes(bytes)}
        </span>
        <span className={styles.space} />
        <SearchBox
          size="small"
          className={styles.filter}
          placeholder="Filter"
          aria-label="Filter the tensors"
          value={filter}
          onChange={(_, data) => setFilter(data.value)}
        />
      </ViewBar>
      {metadata.length > 0 && (
        <dl className={styles.metadata} tabIndex={0} aria-label="Metadata">
          {metadata.map(({ name, value }) => (
            <Pair key={name} name={name} value={value} />
          ))}
        </dl>
      )}
      {tensors.length < count && (
        <ViewBar>
          <span>The first {formatCount(tensors.length)} are listed.</span>
        </ViewBar>
      )}
      <ListTable label={`Tensors of ${visible(path)}`} items={shown} columns={columns} />
    </>
  );
}

function Pair({ name, value }: { readonly name: string; readonly value: string }) {
  const styles = useStyles();
  return (
    <>
      <dt className={styles.term}>{visible(name)}</dt>
      <dd className={styles.value}>{visible(value)}</dd>
    </>
  );
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
