import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular, CopyRegular, ErrorCircleFilled, WarningFilled } from '@fluentui/react-icons';
import { type ReactNode, useState } from 'react';
import type { Problem } from '#shared/contract/base.ts';
import { errorKinds, type StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: '20px 1fr',
    columnGap: '8px',
    padding: '10px 12px',
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorPaletteRedBackground1,
    border: `1px solid ${tokens.colorPaletteRedBorder1}`,
    textAlign: 'left',
  },
  warning: { backgroundColor: tokens.colorPaletteYellowBackground1, border: `1px solid ${tokens.colorPaletteYellowBorder1}` },
  icon: { fontSize: '18px', color: tokens.colorPaletteRedForeground1, marginTop: '1px' },
  warningIcon: { color: tokens.colorPaletteDarkOrangeForeground1 },
  message: { overflowWrap: 'anywhere' },
  hint: { color: tokens.colorNeutralForeground2, marginTop: '2px', overflowWrap: 'anywhere' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: '4px', marginTop: '6px', marginLeft: '-8px' },
  detail: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    margin: '6px 0 0',
    maxHeight: '160px',
    overflowY: 'auto',
  },
});

/** What a code asks of the person, where the error itself brings no hint. */
function defaultHint(code: keyof typeof errorKinds): string | null {
  switch (errorKinds[code].action) {
    case 'retry':
      return 'Try again.';
    case 'free-disk':
      return 'Free some space on the disk, then try again.';
    case 'fix-permissions':
      return 'Check who may read and write there.';
    case 'start-engine':
      return 'Start the container engine, then try again.';
    case 'choose-other-name':
      return 'Choose another name.';
    case 'report':
      return 'If it happens again, report it with the details below.';
    case 'edit-credentials':
      return 'Check the credentials of the storage host.';
    case 'pull-image':
      return 'Check the name of the image, or pull it first.';
    default:
      return null;
  }
}

export interface ErrorMessageProps {
  readonly error: StowageError | Problem;
  readonly severity?: 'error' | 'warning';
  /** Buttons for the next step. */
  readonly actions?: ReactNode;
  readonly className?: string;
}

/** What happened, to what, what to do; the technical part folded. */
export function ErrorMessage({ error, severity = 'error', actions, className }: ErrorMessageProps) {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const data = 'data' in error ? error.data : error;
  const hint = data.hint ?? defaultHint(error.code);
  const Icon = severity === 'warning' ? WarningFilled : ErrorCircleFilled;
  const all = [error.message, hint, data.subject && `About: ${data.subject}`, `Code: ${error.code}`, data.detail]
    .filter(Boolean)
    .join('\n');
  return (
    <div role="alert" className={mergeClasses(styles.root, severity === 'warning' && styles.warning, className)}>
      <Icon className={mergeClasses(styles.icon, severity === 'warning' && styles.warningIcon)} aria-hidden />
      <div>
        <div className={styles.message}>{visible(error.message)}</div>
        {hint && <div className={styles.hint}>{visible(hint)}</div>}
        <div className={styles.actions}>
          {actions}
          <Button
            size="small"
            appearance="transparent"
            icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            Details
          </Button>
          <Button
            size="small"
            appearance="transparent"
            icon={<CopyRegular />}
            onClick={() => void navigator.clipboard.writeText(all)}
          >
            Copy
          </Button>
        </div>
        {open && (
          <pre className={styles.detail}>
            {[`Code: ${error.code}`, data.subject && `About: ${visible(data.subject)}`, data.detail && visible(data.detail)]
              .filter(Boolean)
              .join('\n')}
          </pre>
        )}
      </div>
    </div>
  );
}
