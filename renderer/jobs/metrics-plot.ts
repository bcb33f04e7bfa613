import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatDuration } from '../ui/format.ts';
import type { Line } from './metrics-lines.ts';

/** Everything that a plot is made of; another one of these is another plot, other data are not. */
export interface PlotLook {
  readonly height: number;
  readonly labels: readonly string[];
  readonly format: (value: number) => string;
  /** The scale begins at 0 and reaches at least this far. */
  readonly atLeast: number;
  /** A level that is drawn across. */
  readonly limit: number | null;
}

export interface Plot {
  show(times: number[], lines: Line[]): void;
  resize(width: number): void;
  destroy(): void;
}

/** The second line of a chart is told from the first by its dashes too. */
const strokes = [
  { token: '--colorCompoundBrandStroke', dash: undefined, fill: '--colorBrandBackground2' },
  { token: '--colorPaletteMarigoldBorderActive', dash: [5, 3], fill: undefined },
] as const;

/** Draws in `place` with the colours that the theme has there. `onPoint` hears which time the pointer is at; null: at none. */
export function createPlot(place: HTMLElement, look: PlotLook, onPoint: (index: number | null) => void): Plot {
  const computed = getComputedStyle(place);
  const colour = (token: string): string => computed.getPropertyValue(token).trim() || computed.color;
  const font = `11px ${computed.fontFamily}`;
  const axis = { stroke: colour('--colorNeutralForeground3'), font, ticks: { show: false } };
  const grid = { stroke: colour('--colorNeutralStroke3'), width: 1 };
  const plot = new UPlot(
    {
      width: Math.max(1, place.clientWidth),
      height: look.height,
      padding: [8, 6, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: 'job-usage' },
        y: false,
        drag: { x: false, y: false },
        points: { size: 7 },
      },
      scales: {
        x: { time: false },
        y: { range: (_plot, _from, to) => [0, Math.max(look.atLeast, (Number.isFinite(to) ? to : 0) * 1.1)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 24,
          gap: 4,
          space: 80,
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 172_800, 604_800],
          values: (_plot, splits) => splits.map((seconds) => (seconds === 0 ? '0' : wholeDuration(seconds))),
        },
        { ...axis, grid, size: 64, gap: 6, space: 34, values: (_plot, splits) => splits.map((value) => look.format(value)) },
      ],
      series: [
        {},
        ...look.labels.map((label, index) => {
          const { token, dash, fill } = strokes[index] ?? strokes[0];
          return {
            label,
            stroke: colour(token),
            width: 1.5,
            points: { show: false },
            ...(dash && { dash: [...dash] }),
            ...(fill && { fill: colour(fill) }),
          };
        }),
      ],
      hooks: {
        setCursor: [(changed) => onPoint(changed.cursor.idx ?? null)],
        draw: [(drawn) => look.limit !== null && drawLimit(drawn, look.limit, colour('--colorPaletteRedBorderActive'))],
      },
    },
    [[], ...look.labels.map(() => [])],
    place,
  );
  return {
    show: (times, lines) => plot.setData([times, ...lines]),
    resize: (width) => plot.setSize({ width: Math.max(1, width), height: look.height }),
    destroy: () => plot.destroy(),
  };
}

/** Axis labels stand at whole steps: `30 s`, `2 m`, `1 h`, `1 m 30 s`. */
function wholeDuration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3600 === 0 && seconds < 86_400) return `${seconds / 3600} h`;
  return seconds % 60 === 0 && seconds < 3600 ? `${seconds / 60} m` : formatDuration(seconds * 1000);
}

function drawLimit({ ctx, bbox, valToPos }: UPlot, limit: number, stroke: string): void {
  const y = Math.round(valToPos(limit, 'y', true));
  if (y < bbox.top) return;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y + 0.5);
  ctx.lineTo(bbox.left + bbox.width, y + 0.5);
  ctx.stroke();
  ctx.restore();
}
