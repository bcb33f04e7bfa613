import type { ArchiveEntry, PreviewContent } from '#shared/contract/previews.ts';
import { visible } from '#shared/paths.ts';
import { formatBytes, formatCount, plural } from '../ui/format.ts';
import { type ListColumn, ListTable } from './list-table.tsx';
import { shapeText } from './shape.ts';
import { ViewBar } from './view-bar.tsx';

const size: ListColumn<ArchiveEntry> = {
  title: 'Size',
  width: 68,
  right: true,
  text: (entry) => (entry.directory ? '—' : formatBytes(entry.size)),
};
const name = (title: string): ListColumn<ArchiveEntry> => ({
  title,
  width: 'text',
  text: (entry) => visible(entry.name),
});
const packed: ListColumn<ArchiveEntry> = {
  title: 'Packed',
  width: 68,
  right: true,
  text: ({ compressed, directory }) => (directory || compressed === null ? '—' : formatBytes(compressed)),
};
const columnsOf: Readonly<Record<'zip' | 'npz' | 'tar', readonly ListColumn<ArchiveEntry>[]>> = {
  zip: [name('Name'), size, packed],
  tar: [name('Name'), size],
  npz: [
    name('Array'),
    { title: 'Type', width: 68, text: ({ dtype }) => (dtype === undefined ? '—' : visible(dtype)) },
    { title: 'Shape', width: 96, right: true, text: ({ shape }) => (shape ? shapeText(shape) : '—') },
    size,
  ],
};

interface ArchiveViewProps {
  readonly path: string;
  readonly content: Extract<PreviewContent, { kind: 'archive' }>;
}

/** What is in an archive; nothing of it is unpacked. */
export function ArchiveView({ path, content: { format, entries, count } }: ArchiveViewProps) {
  const cut = count === null || entries.length < count;
  return (
    <>
      <ViewBar>
        <span>
          {cut && `The first ${formatCount(entries.length)}${count === null ? '' : ` of ${formatCount(count)}`} entries`}
          {!cut && plural(entries.length, format === 'npz' ? 'array' : 'entry', format === 'npz' ? 'arrays' : 'entries')}
        </span>
      </ViewBar>
      <ListTable label={`Contents of ${visible(path)}`} items={entries} columns={columnsOf[format]} />
    </>
  );
}
