import type { ITheme } from '@xterm/xterm';
import { paletteFor } from './log-row.tsx';

/** The colours of a terminal in `place`: those of the log, on the background of the theme. */
export function shellTheme(place: HTMLElement, dark: boolean): ITheme {
  const computed = getComputedStyle(place);
  const colour = (token: string): string => computed.getPropertyValue(token).trim();
  const [black, red, green, yellow, blue, magenta, cyan, white, ...bright] = paletteFor(dark);
  const [brightBlack, brightRed, brightGreen, brightYellow, brightBlue, brightMagenta, brightCyan, brightWhite] = bright;
  const named = { black, red, green, yellow, blue, magenta, cyan, white };
  const brightNamed = { brightBlack, brightRed, brightGreen, brightYellow, brightBlue, brightMagenta, brightCyan, brightWhite };
  const known = Object.entries({ ...named, ...brightNamed }).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(known),
    background: colour('--colorNeutralBackground1'),
    foreground: colour('--colorNeutralForeground1'),
    cursor: colour('--colorNeutralForeground1'),
    cursorAccent: colour('--colorNeutralBackground1'),
    selectionBackground: dark ? '#1f4f4b' : '#b9dedb',
  };
}
