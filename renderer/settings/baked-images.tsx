import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowClockwiseRegular, DeleteRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useState } from 'react';
import type { BakedImage } from '#shared/contract/images.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract } from '../app/client.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatAgo, formatBytes, formatExactTime } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { reportError, showToast } from '../ui/toasts.tsx';
import { useSettingsStyles } from './settings-styles.ts';
import { useTableStyles } from './settings-table.ts';

const useStyles = makeStyles({
  none: { padding: '14px', color: tokens.colorNeutralForeground2 },
  cut: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  source: { fontWeight: tokens.fontWeightSemibold },
  base: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

interface Images {
  readonly images: readonly BakedImage[] | null;
  readonly error: StowageError | null;
}

/** The images that were baked; looked at again when a job went on or the engine came or went. */
function useImages(): Images & { readonly reload: () => void } {
  const [result, setResult] = useState<Images>({ images: null, error: null });
  const load = useCallback(async (): Promise<void> => {
    try {
      setResult({ images: await client.images.list(), error: null });
    } catch (error) {
      setResult((before) => ({ ...before, error: fromContract(error) }));
    }
  }, []);
  useEffect(() => {
    void load();
    return onChange((change) => {
      if (change.type === 'engines' || change.type === 'job') void load();
    });
  }, [load]);
  return { ...result, reload: () => void load() };
}

interface ImageRowProps {
  readonly image: BakedImage;
  readonly onRemove: () => void;
}

function ImageRow({ image, onRemove }: ImageRowProps) {
  const table = useTableStyles();
  const styles = useStyles();
  const source = visible(image.source);
  return (
    <tr>
      <th scope="row" className={mergeClasses(table.td, table.wide)}>
        <div className={mergeClasses(styles.cut, styles.source)} title={visible(image.reference)}>
          {source}
        </div>
        <div className={mergeClasses(styles.cut, styles.base)}>
          at {visible(image.target)} in {visible(image.base)}
        </div>
      </th>
      <td className={mergeClasses(table.td, table.right)}>{formatBytes(image.bytes)}</td>
      <td className={mergeClasses(table.td, table.right)} title={formatExactTime(image.createdAt)}>
        {formatAgo(image.createdAt)}
      </td>
      <td className={mergeClasses(table.td, table.right)} title={formatExactTime(image.lastUsedAt)}>
        {formatAgo(image.lastUsedAt)}
      </td>
      <td className={mergeClasses(table.td, table.actions)}>
        <Button
          size="small"
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={`Remove the image of ${source}`}
          title="Remove this image"
          onClick={onRemove}
        />
      </td>
    </tr>
  );
}

/** Images that were made for the approach “bake”: the job's image with the files of a folder. */
export function BakedImages() {
  const settings = useSettingsStyles();
  const table = useTableStyles();
  const styles = useStyles();
  const { images, error, reload } = useImages();
  const [asking, setAsking] = useState<BakedImage | null>(null);
  const remove = async (image: BakedImage): Promise<void> => {
    setAsking(null);
    try {
      await client.images.remove({ id: image.id });
      showToast({ intent: 'success', title: `Removed the image of “${image.source}”` });
    } catch (failure) {
      reportError(failure, `The image of “${image.source}” could not be removed.`);
    }
    reload();
  };
  return (
    <Section
      className={settings.section}
      title="Baked images"
      aside={
        <Button size="small" icon={<ArrowClockwiseRegular />} onClick={reload}>
          Look again
        </Button>
      }
    >
      {error && <ErrorMessage error={error} />}
      {images && (
        <div className={settings.card}>
          {images.length === 0 ? (
            <div className={styles.none}>
              None. A folder that rarely changes can be baked into a job's image: it is built once and used again until the folder
              changes.
            </div>
          ) : (
            <table className={table.table} aria-label="Baked images">
              <thead>
                <tr>
                  <th scope="col" className={mergeClasses(table.th, table.wide)}>
                    Folder
                  </th>
                  {['Size', 'Built', 'Last used'].map((heading) => (
                    <th key={heading} scope="col" className={mergeClasses(table.th, table.right)}>
                      {heading}
                    </th>
                  ))}
                  <th scope="col" className={table.th} aria-label="Actions" />
                </tr>
              </thead>
              <tbody>
                {images.map((image) => (
                  <ImageRow key={image.id} image={image} onRemove={() => setAsking(image)} />
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      {asking && (
        <ConfirmDialog
          title={`Remove the image of “${visible(asking.source)}”?`}
          action="Remove the image"
          onCancel={() => setAsking(null)}
          onConfirm={() => void remove(asking)}
        >
          The image {visible(asking.reference)} ({formatBytes(asking.bytes)}) goes from the engine; the folder itself stays as it
          is. The next job that wants it baked builds it again.
        </ConfirmDialog>
      )}
    </Section>
  );
}
