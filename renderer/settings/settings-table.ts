import { makeStyles, tokens } from '@fluentui/react-components';

/** Tables in the cards of Settings: the first column takes what is left, numbers stand right. */
export const useTableStyles = makeStyles({
  root: { ':not(:last-child)': { borderBottom: `1px solid ${tokens.colorNeutralStroke2}` } },
  table: { width: '100%', borderCollapse: 'collapse', tableLayout: 'auto' },
  th: {
    padding: '8px 8px 6px',
    textAlign: 'left',
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    whiteSpace: 'nowrap',
    ':first-child': { paddingLeft: '14px' },
  },
  td: {
    height: '24px',
    padding: '4px 8px',
    textAlign: 'left',
    fontWeight: tokens.fontWeightRegular,
    whiteSpace: 'nowrap',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    ':first-child': { paddingLeft: '14px' },
  },
  right: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  // A cell that takes what is left and is cut where that is too little.
  wide: { width: '100%', maxWidth: 0 },
  actions: { textAlign: 'right', paddingRight: '10px' },
});
