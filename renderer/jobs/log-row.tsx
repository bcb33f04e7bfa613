import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { type CSSProperties, memo } from 'react';
import { visible } from '#shared/paths.ts';
import type { TextStyle } from './ansi.ts';
import type { LogRun } from './log-model.ts';
import type { LogMatch } from './log-search.ts';

const useStyles = makeStyles({
  row: { display: 'flex', minHeight: '19px', lineHeight: '19px' },
  stderr: { boxShadow: `inset 2px 0 0 ${tokens.colorPaletteRedBorder2}` },
  time: {
    flexShrink: 0,
    width: '98px',
    paddingLeft: '12px',
    color: tokens.colorNeutralForeground3,
    userSelect: 'none',
    fontVariantNumeric: 'tabular-nums',
  },
  text: { paddingLeft: '12px', paddingRight: '16px', whiteSpace: 'pre', tabSize: 8 },
  wrap: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', minWidth: 0 },
  match: { backgroundColor: tokens.colorPaletteYellowBackground2, color: tokens.colorNeutralForeground1, borderRadius: '2px' },
  current: { backgroundColor: tokens.colorPaletteDarkOrangeBackground3, color: '#1a1000' },
});

/** Sixteen colours that can be read on the log's background: dark ones on light, light ones on dark. */
const onLight = [
  '#24292f',
  '#b3261e',
  '#116329',
  '#7d5700',
  '#0b57b0',
  '#8235a8',
  '#1b6e76',
  '#57606a',
  '#57606a',
  '#cf222e',
  '#1a7f37',
  '#9a6700',
  '#0969da',
  '#a33fc4',
  '#1f7f88',
  '#24292f',
];
const onDark = [
  '#8b949e',
  '#ff8b82',
  '#6fd08c',
  '#e3b341',
  '#7db7ff',
  '#d8a6ff',
  '#5cc8d2',
  '#d5dbdb',
  '#9aa4ad',
  '#ffa198',
  '#7ee2a0',
  '#f2cc60',
  '#a5d0ff',
  '#e2bdff',
  '#7fdde6',
  '#ffffff',
];

export type Palette = readonly string[];
export const paletteFor = (dark: boolean): Palette => (dark ? onDark : onLight);

const colour = (value: number | string | null, palette: Palette): string | undefined =>
  value === null ? undefined : typeof value === 'string' ? value : palette[value];

/** Relative luminance, 0–1 (WCAG 2). */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const part = channel / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const readable = new Map<string, string>();

/** A colour that a program chose for its own terminal, moved towards black or white until it can be read here. */
function readableColour(value: string, dark: boolean): string {
  const key = `${value} ${dark}`;
  const known = readable.get(key);
  if (known !== undefined) return known;
  let channels = (value.match(/\d+/g) ?? []).map(Number);
  const contrast = (): number => (dark ? (luminance(channels) + 0.05) / 0.063 : 1.05 / (luminance(channels) + 0.05));
  for (let step = 0; step < 20 && contrast() < 4.6; step += 1)
    channels = channels.map((channel) => Math.round(dark ? channel + (255 - channel) * 0.12 : channel * 0.88));
  const found = `rgb(${channels.join(', ')})`;
  // Gradients make many colours; a bounded memory of them is enough.
  if (readable.size > 5000) readable.clear();
  readable.set(key, found);
  return found;
}

function styleOf(style: TextStyle, palette: Palette): CSSProperties | undefined {
  const own = colour(style.foreground, palette);
  const foreground =
    typeof style.foreground === 'string' && style.background === null && !style.inverse
      ? readableColour(style.foreground, palette === onDark)
      : own;
  const background = colour(style.background, palette);
  const [front, back] = style.inverse
    ? [background ?? tokens.colorNeutralBackground1, foreground ?? tokens.colorNeutralForeground1]
    : [foreground, background];
  const lines = [style.underline && 'underline', style.strike && 'line-through'].filter(Boolean).join(' ');
  return {
    ...(front && { color: front }),
    ...(back && { backgroundColor: back }),
    ...(style.bold && { fontWeight: 700 }),
    ...(style.dim && { opacity: 0.75 }),
    ...(style.italic && { fontStyle: 'italic' }),
    ...(lines && { textDecoration: lines }),
  };
}

interface Piece {
  readonly text: string;
  readonly style: TextStyle;
  readonly match: number | null;
}

/** The runs, cut where matches begin and end. */
function cutAtMatches(runs: readonly LogRun[], matches: readonly LogMatch[]): Piece[] {
  const pieces: Piece[] = [];
  let column = 0;
  for (const run of runs) {
    let at = 0;
    matches.forEach((match, index) => {
      const from = Math.max(at, match.start - column);
      const to = Math.min(run.text.length, match.end - column);
      if (to <= from) return;
      if (from > at) pieces.push({ text: run.text.slice(at, from), style: run.style, match: null });
      pieces.push({ text: run.text.slice(from, to), style: run.style, match: index });
      at = to;
    });
    if (at < run.text.length) pieces.push({ text: run.text.slice(at), style: run.style, match: null });
    column += run.text.length;
  }
  return pieces;
}

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

export interface LogRowProps {
  /** A line keeps its place while its runs are replaced. */
  readonly runs: readonly LogRun[];
  readonly time: number;
  readonly stderr: boolean;
  readonly showTime: boolean;
  readonly wrap: boolean;
  readonly palette: Palette;
  readonly matches: readonly LogMatch[];
  /** Which of the matches is the current one; -1: none of this line. */
  readonly current: number;
}

/** One line of a log. */
export const LogRow = memo(function LogRow({ runs, time, stderr, showTime, wrap, palette, matches, current }: LogRowProps) {
  const styles = useStyles();
  return (
    <div className={mergeClasses(styles.row, stderr && styles.stderr)}>
      {showTime && <span className={styles.time}>{clock.format(time)}</span>}
      <span className={mergeClasses(styles.text, wrap && styles.wrap)}>
        {cutAtMatches(runs, matches).map((piece, index) =>
          piece.match === null ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place
            <span key={index} style={styleOf(piece.style, palette)}>
              {visibleText(piece.text)}
            </span>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place
            <mark key={index} className={mergeClasses(styles.match, piece.match === current && styles.current)}>
              {visibleText(piece.text)}
            </mark>
          ),
        )}
      </span>
    </div>
  );
});

/** Signs that would turn the order of the text around are shown, tabs are kept. */
const visibleText = (text: string): string => (/[^\x20-\x7e\t]/.test(text) ? text.split('\t').map(visible).join('\t') : text);
