import { makeStyles, tokens } from '@fluentui/react-components';

/** What the parts of Settings share: cards of rows with an icon or a label, words, and something at the right. */
export const useSettingsStyles = makeStyles({
  section: { marginBottom: '28px' },
  card: { border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusMedium, overflow: 'hidden' },
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    padding: '10px 14px',
    minHeight: '28px',
    ':not(:last-child)': { borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
  },
  top: { alignItems: 'flex-start' },
  words: { minWidth: 0, flexGrow: 1 },
  name: { fontWeight: tokens.fontWeightSemibold, display: 'flex', alignItems: 'center', gap: '8px' },
  text: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  hint: { marginTop: '2px', overflowWrap: 'anywhere' },
  label: { width: '140px', flexShrink: 0, color: tokens.colorNeutralForeground2 },
  value: { minWidth: 0, overflowWrap: 'anywhere', userSelect: 'text' },
  plainIcon: { fontSize: '18px', flexShrink: 0, color: tokens.colorNeutralForeground3 },
  radios: { margin: '-4px 0 -4px -8px' },
});
