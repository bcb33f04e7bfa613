import { Button, makeStyles, mergeClasses, ToggleButton, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import type { PreviewContent } from '#shared/contract/previews.ts';
import { visible } from '#shared/paths.ts';
import { ViewBar } from './view-bar.tsx';

const useStyles = makeStyles({
  space: { flexGrow: 1 },
  board: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'auto',
    display: 'grid',
    placeItems: 'safe center',
    padding: '12px',
    outline: 'none',
    ':focus-visible': { boxShadow: `inset 0 0 0 2px ${tokens.colorStrokeFocus2}` },
  },
  /** So that what is transparent is seen as such. */
  checks: {
    backgroundImage: `repeating-conic-gradient(${tokens.colorNeutralBackground4} 0% 25%, ${tokens.colorNeutralBackground1} 0% 50%)`,
    backgroundSize: '16px 16px',
  },
  fit: { maxWidth: '100%', maxHeight: '100%', minWidth: 0, minHeight: 0, objectFit: 'contain' },
  grown: { width: '100%', height: '100%' },
  media: { width: '100%', maxHeight: '100%' },
  problem: {
    display: 'grid',
    justifyItems: 'center',
    gap: '8px',
    padding: '24px',
    textAlign: 'center',
    color: tokens.colorNeutralForeground3,
  },
});

/** An element does not say why it failed: a network that comes or goes breaks off what a browser reads. */
const readAgainMs = 300;

interface MediaViewProps {
  readonly path: string;
  readonly content: Extract<PreviewContent, { kind: 'image' | 'audio' | 'video' }>;
}

/** An image, a sound or a film, shown by the browser's own element, which runs nothing of it. */
export function MediaView({ path, content }: MediaViewProps) {
  const styles = useStyles();
  const [tries, setTries] = useState(0);
  const [failed, setFailed] = useState(false);
  if (failed) {
    const again = (): void => {
      setTries(0);
      setFailed(false);
    };
    return (
      <div className={styles.problem} role="alert">
        This file cannot be shown: it could not be read to its end, is damaged, or of a form that is not played here.
        <Button size="small" onClick={again}>
          Try again
        </Button>
      </div>
    );
  }
  const label = visible(path);
  const onError = (): void => {
    if (tries > 0) setFailed(true);
    else setTimeout(() => setTries(1), readAgainMs);
  };
  switch (content.kind) {
    case 'image':
      return (
        <ImageView
          key={tries}
          url={content.url}
          label={label}
          drawn={content.contentType === 'image/svg+xml'}
          onError={onError}
        />
      );
    case 'audio':
    case 'video': {
      const Player = content.kind;
      return (
        <div className={styles.board}>
          <Player
            key={tries}
            controls
            preload="metadata"
            src={content.url}
            aria-label={label}
            className={styles.media}
            onError={onError}
          />
        </div>
      );
    }
  }
}

interface ImageViewProps {
  readonly url: string;
  readonly label: string;
  /** It has no pixels of its own and may be drawn at any size. */
  readonly drawn: boolean;
  readonly onError: () => void;
}

function ImageView({ url, label, drawn, onError }: ImageViewProps) {
  const styles = useStyles();
  const [full, setFull] = useState(false);
  const [size, setSize] = useState<{ readonly width: number; readonly height: number } | null>(null);
  return (
    <>
      <ViewBar>
        <span>{size && !drawn ? `${size.width} × ${size.height} pixels` : drawn ? 'Drawing' : ''}</span>
        <span className={styles.space} />
        <ToggleButton size="small" appearance="subtle" checked={!full} onClick={() => setFull(false)}>
          Fit
        </ToggleButton>
        <ToggleButton size="small" appearance="subtle" checked={full} onClick={() => setFull(true)}>
          100 %
        </ToggleButton>
      </ViewBar>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className={mergeClasses(styles.board, styles.checks)} tabIndex={0} aria-label={`Image ${label}`}>
        <img
          src={url}
          alt={label}
          draggable={false}
          className={full ? undefined : mergeClasses(styles.fit, drawn && styles.grown)}
          onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => setSize({ width, height })}
          onError={onError}
        />
      </section>
    </>
  );
}
