import { Button, Input, makeStyles, Spinner, ToggleButton, tokens } from '@fluentui/react-components';
import {
  ArrowDownloadRegular,
  ChevronDownRegular,
  ChevronUpRegular,
  ClockRegular,
  PauseRegular,
  PlayRegular,
  SearchRegular,
  TextWrapRegular,
} from '@fluentui/react-icons';
import type { KeyboardEvent, Ref } from 'react';
import { formatBytes, formatCount } from '../ui/format.ts';
import { mostMatches } from './log-search.ts';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    alignItems: 'center',
    gap: '6px',
    flexShrink: 0,
    padding: '6px 16px 6px 20px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  search: { width: '240px', minWidth: '120px' },
  count: { color: tokens.colorNeutralForeground2, fontVariantNumeric: 'tabular-nums', minWidth: '92px', whiteSpace: 'nowrap' },
  rest: { marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: '6px' },
  size: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap', marginRight: '4px' },
});

export interface LogToolbarProps {
  readonly searchRef: Ref<HTMLInputElement>;
  readonly query: string;
  readonly matches: number;
  /** Index of the current match; -1: none. */
  readonly current: number;
  /** The rest of the log is being looked through. */
  readonly searching: boolean;
  /** There is more of the log than is here: stepping goes on through it. */
  readonly partly: boolean;
  readonly onQuery: (query: string) => void;
  readonly onStep: (by: 1 | -1) => void;
  readonly size: number;
  readonly showTime: boolean;
  readonly onShowTime: (show: boolean) => void;
  readonly wrap: boolean;
  readonly onWrap: (wrap: boolean) => void;
  /** null: the job has ended and everything is here. */
  readonly following: boolean | null;
  readonly onFollow: (follow: boolean) => void;
  /** Bytes saved so far; null: no saving is under way. */
  readonly saving: number | null;
  readonly onSave: () => void;
}

function countWords({ query, matches, current, searching, partly }: LogToolbarProps): string {
  if (query === '') return '';
  if (searching) return 'Searching…';
  if (matches === 0) return partly ? 'None here' : 'No match';
  const all = matches >= mostMatches ? `${formatCount(mostMatches)}+` : formatCount(matches);
  const here = current < 0 ? all : `${formatCount(current + 1)} of ${all}`;
  return partly ? `${here} here` : here;
}

/** Search, and how the log is shown. */
export function LogToolbar(props: LogToolbarProps) {
  const styles = useStyles();
  const { query, matches, partly, onQuery, onStep, showTime, wrap, following, saving } = props;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) onStep(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape' && query !== '') onQuery('');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={styles.root} role="toolbar" aria-label="Log">
      <Input
        input={{ ref: props.searchRef }}
        className={styles.search}
        size="small"
        type="search"
        contentBefore={<SearchRegular />}
        aria-label="Search the log"
        placeholder="Search the log"
        value={query}
        onChange={(_, data) => onQuery(data.value)}
        onKeyDown={onKeyDown}
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<ChevronUpRegular />}
        aria-label="Previous match"
        title="Previous match (Shift+Enter)"
        disabled={query === '' || (matches === 0 && !partly)}
        onClick={() => onStep(-1)}
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<ChevronDownRegular />}
        aria-label="Next match"
        title="Next match (Enter)"
        disabled={query === '' || (matches === 0 && !partly)}
        onClick={() => onStep(1)}
      />
      <span className={styles.count} role="status">
        {countWords(props)}
      </span>
      <div className={styles.rest}>
        <span className={styles.size}>{formatBytes(props.size)}</span>
        <ToggleButton
          size="small"
          appearance="subtle"
          icon={<ClockRegular />}
          checked={showTime}
          onClick={() => props.onShowTime(!showTime)}
        >
          Timestamps
        </ToggleButton>
        <ToggleButton
          size="small"
          appearance="subtle"
          icon={<TextWrapRegular />}
          checked={wrap}
          onClick={() => props.onWrap(!wrap)}
        >
          Wrap
        </ToggleButton>
        {following !== null && (
          <Button
            size="small"
            appearance="subtle"
            icon={following ? <PauseRegular /> : <PlayRegular />}
            title={following ? 'Keep still while the job writes on' : 'Go to the end and keep up with the job'}
            onClick={() => props.onFollow(!following)}
          >
            {following ? 'Pause' : 'Follow'}
          </Button>
        )}
        <Button
          size="small"
          appearance="subtle"
          icon={saving === null ? <ArrowDownloadRegular /> : <Spinner size="extra-tiny" aria-hidden />}
          disabled={saving !== null || props.size === 0}
          title="Save the whole log as a file"
          onClick={props.onSave}
        >
          {saving === null ? 'Save' : formatBytes(saving)}
        </Button>
      </div>
    </div>
  );
}
