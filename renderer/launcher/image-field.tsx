import { Button, Combobox, makeStyles, Option, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useState } from 'react';
import type { EngineId, EngineImage } from '#shared/contract/engines.ts';
import { client } from '../app/client.ts';
import { useEngines } from '../app/stores/engines.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { useClosedCombobox } from '../ui/use-closed-combobox.ts';
import { FieldRow } from './form-parts.tsx';
import { useImagePull } from './image-pull.ts';

const useStyles = makeStyles({
  line: { display: 'flex', gap: '8px' },
  combobox: { flexGrow: 1, minWidth: 0 },
  input: { minWidth: 0, width: '100%' },
  list: { maxHeight: '320px' },
  option: { display: 'flex', justifyContent: 'space-between', gap: '24px', width: '100%' },
  size: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  progress: { marginTop: '8px' },
  words: { display: 'flex', justifyContent: 'space-between', gap: '12px', fontSize: tokens.fontSizeBase200, marginBottom: '4px' },
  message: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  bytes: { whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums', color: tokens.colorNeutralForeground2 },
  error: { marginTop: '8px' },
});

/** The same image, whether or not its tag is written. */
export const isImage = (image: EngineImage, reference: string): boolean =>
  image.reference === reference || image.reference === `${reference}:latest` || `${image.reference}:latest` === reference;

function useImages(engine: EngineId): { images: readonly EngineImage[]; loaded: boolean; reload: () => void } {
  const engines = useEngines((state) => state.engines);
  const [state, setState] = useState<{ images: readonly EngineImage[]; loaded: boolean }>({ images: [], loaded: false });
  const reload = useCallback((): void => {
    client.engines
      .images({ engine })
      .then((images) => setState({ images, loaded: true }))
      // An engine that does not answer says so beside its name.
      .catch(() => setState({ images: [], loaded: false }));
  }, [engine]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an engine that comes up has other images
  useEffect(reload, [reload, engines]);
  return { ...state, reload };
}

export interface ImageFieldProps {
  readonly engine: EngineId;
  readonly value: string;
  readonly problem?: string | null;
  readonly onChange: (image: string) => void;
  /** An image arrived: what was planned without it is out of date. */
  readonly onPulled: () => void;
}

/** The image: local ones to choose from, or any name, which can be pulled. */
export function ImageField({ engine, value, problem, onChange, onPulled }: ImageFieldProps) {
  const styles = useStyles();
  const { images, loaded, reload } = useImages(engine);
  const pull = useImagePull(() => {
    reload();
    onPulled();
  });
  const [typing, setTyping] = useState(false);
  const [open, setOpen] = useState(false);
  const input = useClosedCombobox(open);
  const wanted = value.trim();
  const missing = loaded && wanted !== '' && !images.some((image) => isImage(image, wanted));
  const offered = typing ? images.filter((image) => image.reference.toLowerCase().includes(wanted.toLowerCase())) : images;
  const { progress } = pull;
  const change = (image: string): void => {
    if (pull.error) pull.dismiss();
    onChange(image);
  };
  return (
    <FieldRow
      label="Image"
      problem={progress || pull.error ? null : problem}
      hint={loaded && images.length === 0 ? 'This engine has no image yet: write a name and pull it.' : undefined}
    >
      <div className={styles.line}>
        <Combobox
          open={open}
          aria-label="Image"
          className={styles.combobox}
          input={{ ref: input, className: styles.input, spellCheck: false, autoComplete: 'off' }}
          listbox={{ className: styles.list }}
          size="small"
          freeform
          value={value}
          selectedOptions={[value]}
          placeholder="Choose a local image or write a name"
          onOpenChange={(_, data) => {
            setOpen(data.open);
            if (!data.open) setTyping(false);
          }}
          onChange={(event) => {
            setTyping(true);
            change(event.currentTarget.value);
          }}
          onOptionSelect={(_, data) => {
            setTyping(false);
            if (data.optionValue !== undefined) change(data.optionValue);
          }}
        >
          {offered.map((image) => (
            <Option key={image.reference} value={image.reference} text={image.reference}>
              <span className={styles.option}>
                <span>{image.reference}</span>
                <span className={styles.size}>{formatBytes(image.bytes)}</span>
              </span>
            </Option>
          ))}
        </Combobox>
        {progress ? (
          <Button size="small" onClick={pull.cancel}>
            Cancel
          </Button>
        ) : (
          missing && (
            <Button size="small" icon={<ArrowDownloadRegular />} onClick={() => pull.start(engine, wanted)}>
              Pull
            </Button>
          )
        )}
      </div>
      {progress && (
        <div className={styles.progress}>
          <div className={styles.words}>
            <span className={styles.message}>{progress.message}</span>
            {progress.totalBytes > 0 && (
              <span className={styles.bytes}>
                {formatBytes(progress.doneBytes)} of {formatBytes(progress.totalBytes)}
              </span>
            )}
          </div>
          <ProgressBar
            label="Pulling the image"
            value={progress.totalBytes > 0 ? progress.doneBytes / progress.totalBytes : null}
          />
        </div>
      )}
      {pull.error && (
        <ErrorMessage
          className={styles.error}
          error={pull.error}
          actions={
            <Button size="small" appearance="transparent" onClick={pull.dismiss}>
              Dismiss
            </Button>
          }
        />
      )}
    </FieldRow>
  );
}
