import { makeStyles, tokens } from '@fluentui/react-components';
import { DocumentRegular, InfoRegular } from '@fluentui/react-icons';
import type { Preview } from '#shared/contract/previews.ts';
import { assertNever } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ArchiveView } from './archive-view.tsx';
import { ArrayView } from './array-view.tsx';
import { HexView } from './hex-view.tsx';
import { MediaView } from './media-view.tsx';
import { RowsView } from './rows-view.tsx';
import { TensorsView } from './tensors-view.tsx';
import { TextView } from './text-view.tsx';

const useStyles = makeStyles({
  note: {
    display: 'flex',
    gap: '8px',
    flexShrink: 0,
    padding: '8px 12px',
    fontSize: tokens.fontSizeBase200,
    lineHeight: '16px',
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground3,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  icon: { flexShrink: 0, fontSize: '16px' },
});

interface PreviewContentViewProps {
  readonly vfolder: string;
  readonly path: string;
  readonly preview: Preview;
  readonly writable: boolean;
  readonly reload: () => void;
}

/** The view that fits what a file is; above it, why it is not what its name promises. */
export function PreviewContentView(props: PreviewContentViewProps) {
  const styles = useStyles();
  const { note } = props.preview;
  return (
    <>
      {note && (
        <div className={styles.note} role="note">
          <InfoRegular className={styles.icon} aria-hidden />
          <span>{visible(note)}</span>
        </div>
      )}
      {viewOf(props)}
    </>
  );
}

function viewOf({ vfolder, path, preview, writable, reload }: PreviewContentViewProps) {
  const { content, etag, size } = preview;
  switch (content.kind) {
    case 'empty':
      return (
        <EmptyState icon={<DocumentRegular />} title="This file is empty">
          It has no bytes.
        </EmptyState>
      );
    case 'text':
      return <TextView vfolder={vfolder} path={path} preview={preview} content={content} writable={writable} onSaved={reload} />;
    case 'table':
      return <RowsView vfolder={vfolder} path={path} etag={etag} table={content} />;
    case 'tensors':
      return <TensorsView path={path} content={content} />;
    case 'array':
      return <ArrayView path={path} content={content} />;
    case 'archive':
      return <ArchiveView path={path} content={content} />;
    case 'image':
    case 'audio':
    case 'video':
      return <MediaView path={path} content={content} />;
    case 'hex':
      return <HexView vfolder={vfolder} path={path} etag={etag} size={size} />;
    default:
      return assertNever(content);
  }
}
