import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme,
  teamsHighContrastTheme,
} from '@fluentui/react-components';
import { useSyncExternalStore } from 'react';
import type { Settings } from '#shared/contract/app.ts';

/** Stowage's one accent: a deep sea tone. 80 carries white text at 4.9 : 1, 110 black text on dark surfaces. */
const sea: BrandVariants = {
  10: '#001413',
  20: '#04211f',
  30: '#06302d',
  40: '#083f3b',
  50: '#0a4f4a',
  60: '#0b5f59',
  70: '#0b6a63',
  80: '#0c7a72',
  90: '#23948b',
  100: '#3fa79e',
  110: '#5bbab1',
  120: '#78cbc3',
  130: '#96dbd4',
  140: '#b4e9e4',
  150: '#d1f3f0',
  160: '#e9faf8',
};

/** Type and shape shared by all themes: dense, 13 px text. */
const density: Partial<Theme> = {
  fontFamilyBase: "'Inter Variable', -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace:
    "ui-monospace, 'SF Mono', 'Cascadia Mono', 'JetBrains Mono', 'DejaVu Sans Mono', 'Liberation Mono', monospace",
  fontSizeBase100: '11px',
  fontSizeBase200: '12px',
  fontSizeBase300: '13px',
  fontSizeBase400: '15px',
  fontSizeBase500: '18px',
  fontSizeBase600: '22px',
  lineHeightBase200: '16px',
  lineHeightBase300: '19px',
  lineHeightBase400: '21px',
  borderRadiusMedium: '6px',
  borderRadiusLarge: '8px',
};

const light: Theme = {
  ...createLightTheme(sea),
  ...density,
  colorBrandBackground2: '#def3f0',
  colorBrandBackground2Hover: '#d0ede9',
  colorBrandBackground2Pressed: '#c0e5e0',
  colorNeutralForeground3: '#5c6664',
  colorNeutralForeground4: '#66706e',
  colorNeutralBackground2: '#f7f9f9',
  colorNeutralBackground3: '#f0f4f3',
  colorNeutralBackground4: '#e9eeed',
  colorNeutralBackground5: '#dfe6e5',
  colorNeutralStroke2: '#dce3e2',
  colorNeutralStroke3: '#e8edec',
  colorSubtleBackgroundHover: '#edf2f1',
  colorSubtleBackgroundPressed: '#e0e8e6',
  colorSubtleBackgroundSelected: '#e3edeb',
};

const darkBase = createDarkTheme(sea);
const dark: Theme = {
  ...darkBase,
  ...density,
  colorBrandForeground1: sea[110],
  colorBrandForeground2: sea[120],
  colorBrandForegroundLink: sea[110],
  colorBrandBackground2: '#133b38',
  colorBrandBackground2Hover: '#184743',
  colorBrandBackground2Pressed: '#0f302d',
  colorNeutralForeground3: '#a3adab',
  colorNeutralForeground4: '#97a19f',
  colorNeutralBackground1: '#1a1f1f',
  colorNeutralBackground1Hover: '#242b2b',
  colorNeutralBackground1Pressed: '#141818',
  colorNeutralBackground1Selected: '#2a3232',
  colorNeutralBackground2: '#151a1a',
  colorNeutralBackground3: '#111515',
  colorNeutralBackground4: '#0d1010',
  colorNeutralBackground5: '#2c3434',
  colorNeutralStroke1: '#47504f',
  colorNeutralStroke2: '#2c3434',
  colorNeutralStroke3: '#252c2c',
  colorSubtleBackgroundHover: '#242b2b',
  colorSubtleBackgroundPressed: '#1f2525',
  colorSubtleBackgroundSelected: '#273131',
};

const contrast: Theme = { ...teamsHighContrastTheme, ...density };

const media = (query: string) => {
  const list = window.matchMedia(query);
  return {
    subscribe: (listener: () => void) => {
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    matches: () => list.matches,
  };
};
const prefersDark = media('(prefers-color-scheme: dark)');
const forced = media('(forced-colors: active)');

export type ThemeName = 'light' | 'dark' | 'contrast';

/** The theme that the settings and the system ask for together. */
export function useThemeName(wanted: Settings['theme']): ThemeName {
  const isDark = useSyncExternalStore(prefersDark.subscribe, prefersDark.matches);
  const isForced = useSyncExternalStore(forced.subscribe, forced.matches);
  if (wanted !== 'system') return wanted;
  return isForced ? 'contrast' : isDark ? 'dark' : 'light';
}

export const themes: Record<ThemeName, Theme> = { light, dark, contrast };
