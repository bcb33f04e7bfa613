import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  mergeClasses,
  Tab,
  TabList,
  tokens,
} from '@fluentui/react-components';
import { CopyRegular, InfoRegular, SaveRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import { type ExportFormat, exportFormats, exportJob, exportNames } from '#shared/export/export-job.ts';
import { visible } from '#shared/paths.ts';
import { saveBlob } from '../jobs/save-log.ts';
import { copyText } from '../properties/copy-text.ts';
import { ScriptText, useScriptStyles } from '../ui/script-text.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '760px', width: 'calc(100vw - 48px)' },
  tabs: { marginLeft: '-10px' },
  text: { height: 'min(360px, calc(100vh - 340px))' },
  none: { whiteSpace: 'normal', fontFamily: 'inherit', color: tokens.colorNeutralForeground3 },
  notes: { listStyleType: 'none', margin: '10px 0 0', padding: 0, maxHeight: '110px', overflowY: 'auto' },
  note: {
    display: 'grid',
    gridTemplateColumns: '16px 1fr',
    gap: '6px',
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground2,
    padding: '2px 0',
    overflowWrap: 'anywhere',
  },
});

interface ExportDialogProps {
  readonly spec: JobSpec;
  readonly plan: Plan;
  readonly onClose: () => void;
}

/** The job in the words of other tools, to take along. */
export function ExportDialog({ spec, plan, onClose }: ExportDialogProps) {
  const styles = useStyles();
  const script = useScriptStyles();
  const [format, setFormat] = useState<ExportFormat>(plan.image === null ? 'json' : 'docker');
  const exported = useMemo(() => exportJob(format, spec, plan), [format, spec, plan]);
  const { label, file } = exportNames[format];
  const text = exported?.text ?? '';
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Copy the job as…</DialogTitle>
          <DialogContent>
            <TabList
              className={styles.tabs}
              size="small"
              aria-label="Form of the copy"
              selectedValue={format}
              onTabSelect={(_, data) => setFormat(data.value as ExportFormat)}
            >
              {exportFormats.map((each) => (
                <Tab key={each} value={each}>
                  {exportNames[each].label}
                </Tab>
              ))}
            </TabList>
            {exported ? (
              <ScriptText className={styles.text} label={`The job as ${label}`} text={text} />
            ) : (
              <div className={mergeClasses(script.box, styles.text, styles.none)}>
                The job runs on this machine, without a container: only Stowage can run it. JSON takes it to another Stowage.
              </div>
            )}
            {exported && exported.notes.length > 0 && (
              <ul className={styles.notes} aria-label="What is different there">
                {exported.notes.map((note) => (
                  <li key={note} className={styles.note}>
                    <InfoRegular aria-hidden fontSize={16} />
                    <span>{visible(note)}</span>
                  </li>
                ))}
              </ul>
            )}
          </DialogContent>
          <DialogActions position="start">
            <Button
              icon={<SaveRegular />}
              disabled={!exported}
              onClick={() => saveBlob(new Blob([text], { type: 'text/plain;charset=utf-8' }), file)}
            >
              Save as {file}
            </Button>
          </DialogActions>
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
            <Button appearance="primary" icon={<CopyRegular />} disabled={!exported} onClick={() => void copyText(text, label)}>
              Copy
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
