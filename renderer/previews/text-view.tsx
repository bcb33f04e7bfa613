import { Button, makeStyles, Spinner, ToggleButton, Tooltip } from '@fluentui/react-components';
import {
  ChevronDoubleLeftRegular,
  ChevronDoubleRightRegular,
  ChevronLeftRegular,
  ChevronRightRegular,
  EditRegular,
  SaveRegular,
  TextWrapRegular,
} from '@fluentui/react-icons';
import { lazy, Suspense, useEffect, useState } from 'react';
import type { Preview, PreviewContent, TextPart } from '#shared/contract/previews.ts';
import type { StowageError } from '#shared/errors.ts';
import { baseName, visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { isBoolean, useRemembered } from '../ui/remembered.ts';
import { beginDraft, dropDraft, isDraftOf, leaveDraft, saveDraft, updateDraft, useDraft } from './drafts.ts';
import { SaveProblem } from './save-problem.tsx';
import { ViewBar } from './view-bar.tsx';

/** Only who looks into a text pays for the editor. */
const CodeEditor = lazy(() => import('./code-editor.tsx'));

const useStyles = makeStyles({
  space: { flexGrow: 1 },
  problem: { margin: '8px', flexShrink: 0 },
  centre: { flexGrow: 1, display: 'grid', placeItems: 'center' },
  part: { minWidth: '76px', textAlign: 'center' },
});

const encodingWords = { 'utf-8': 'UTF-8', 'utf-16le': 'UTF-16', 'utf-16be': 'UTF-16', 'windows-1252': 'Windows-1252' } as const;

interface TextViewProps {
  readonly vfolder: string;
  readonly path: string;
  readonly preview: Preview;
  readonly content: Extract<PreviewContent, { kind: 'text' }>;
  /** The vfolder and the file can be written. */
  readonly writable: boolean;
  /** After saving: what is there is shown again. */
  readonly onSaved: () => void;
}

/** Text and code: whole and editable when small, in parts when large. */
export function TextView({ vfolder, path, preview, content, writable, onSaved }: TextViewProps) {
  const styles = useStyles();
  const { draft, saving } = useDraft();
  const editing = isDraftOf(draft, vfolder, path) ? draft : null;
  const [wrap, setWrap] = useRemembered('preview.wrap', true, isBoolean);
  const [raw, setRaw] = useState(false);
  const [part, setPart] = useState<TextPart>(content);
  const [problem, setProblem] = useState<StowageError | null>(null);
  // What the editor begins with: the text, or a draft that was come back to.
  const [start] = useState(() => (editing ? editing.read() : content.text));
  // Whatever takes the editor away leaves its draft.
  useEffect(
    () => () => {
      const { draft: last } = useDraft.getState();
      if (isDraftOf(last, vfolder, path)) leaveDraft();
    },
    [vfolder, path],
  );
  const name = baseName(path);
  const formatted = content.formatted !== null && !raw && !editing;
  const edit = (): void =>
    beginDraft({ vfolder, path, etag: preview.etag, encoding: content.encoding, bom: content.bom, read: () => content.text });
  const save = async (over?: Parameters<typeof saveDraft>[0]): Promise<void> => {
    if (await saveDraft(over)) onSaved();
  };
  const stop = (): void => {
    dropDraft();
    onSaved();
  };
  const goTo = async (offset: number): Promise<void> => {
    try {
      setPart(await client.previews.text({ vfolder, path, etag: preview.etag, offset, encoding: content.encoding }));
      setProblem(null);
    } catch (error) {
      setProblem(fromContract(error));
    }
  };
  return (
    <>
      <ViewBar>
        {editing ? (
          <span role="status">{editing.changed ? 'Changed' : 'No changes'}</span>
        ) : (
          <span>
            {encodingWords[content.encoding]}
            {content.text.includes('\r\n') && ' · CRLF'}
          </span>
        )}
        <span className={styles.space} />
        {part.end - part.offset < preview.size - 4 && !editing && (
          <Parts part={part} size={preview.size} goTo={(at) => void goTo(at)} />
        )}
        {content.formatted !== null && !editing && (
          <ToggleButton size="small" appearance="subtle" checked={!raw} onClick={() => setRaw(!raw)}>
            Formatted
          </ToggleButton>
        )}
        <Tooltip content="Wrap long lines" relationship="label">
          <ToggleButton
            size="small"
            appearance="subtle"
            icon={<TextWrapRegular />}
            checked={wrap}
            onClick={() => setWrap(!wrap)}
          />
        </Tooltip>
        {writable && content.whole && !editing && (
          <Button size="small" appearance="subtle" icon={<EditRegular />} onClick={edit}>
            Edit
          </Button>
        )}
        {editing && (
          <>
            <Button size="small" onClick={stop}>
              {editing.changed ? 'Discard' : 'Done'}
            </Button>
            <Button
              size="small"
              appearance="primary"
              icon={<SaveRegular />}
              disabled={!editing.changed || saving}
              title="Ctrl+S"
              onClick={() => void save()}
            >
              Save
            </Button>
          </>
        )}
      </ViewBar>
      {problem && <ErrorMessage error={problem} className={styles.problem} />}
      {editing?.problem && (
        <SaveProblem
          className={styles.problem}
          problem={editing.problem}
          onSave={(over) => void save(over)}
          onShowTheirs={stop}
        />
      )}
      <Suspense
        fallback={
          <div className={styles.centre}>
            <Spinner size="tiny" aria-label="Opening the text" />
          </div>
        }
      >
        <CodeEditor
          key={editing ? 'edit' : 'read'}
          name={name}
          label={`${editing ? 'Text' : 'Preview'} of ${visible(name)}`}
          text={editing ? start : formatted ? (content.formatted ?? '') : part.text}
          wrap={wrap}
          editable={editing !== null}
          onChange={(read) => updateDraft({ read, changed: true })}
          onSave={() => editing?.changed && void save()}
        />
      </Suspense>
    </>
  );
}

interface PartsProps {
  readonly part: TextPart;
  readonly size: number;
  readonly goTo: (offset: number) => void;
}

/** Leads through a text that is too large to be shown whole. */
function Parts({ part, size, goTo }: PartsProps) {
  const styles = useStyles();
  const length = part.end - part.offset;
  const atStart = part.offset <= 4;
  const atEnd = part.end >= size;
  const percent = ((part.offset + length / 2) / size) * 100;
  const steps = [
    ['Beginning of the file', <ChevronDoubleLeftRegular key="a" />, atStart, 0],
    ['Part before', <ChevronLeftRegular key="b" />, atStart, Math.max(0, part.offset - Math.max(length, 1))],
  ] as const;
  const forward = [
    ['Next part', <ChevronRightRegular key="c" />, atEnd, part.end],
    ['End of the file', <ChevronDoubleRightRegular key="d" />, atEnd, Math.max(0, size - 128 * 1024)],
  ] as const;
  const buttons = (list: typeof steps | typeof forward) =>
    list.map(([title, icon, disabled, offset]) => (
      <Tooltip key={title} content={title} relationship="label">
        <Button size="small" appearance="subtle" icon={icon} disabled={disabled} onClick={() => goTo(offset)} />
      </Tooltip>
    ));
  return (
    <>
      {buttons(steps)}
      <span className={styles.part} role="status">
        {atStart ? 'Beginning' : atEnd ? 'End' : `At ${percent.toFixed(percent < 10 ? 1 : 0)} %`}
      </span>
      {buttons(forward)}
    </>
  );
}
