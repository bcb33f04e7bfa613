import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { visible } from '#shared/paths.ts';

export const useScriptStyles = makeStyles({
  box: {
    margin: '8px 0 0',
    padding: '10px 12px',
    overflow: 'auto',
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground2,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    whiteSpace: 'pre',
    userSelect: 'text',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
});

export interface ScriptTextProps {
  readonly label: string;
  readonly text: string;
  /** How high it is. */
  readonly className: string;
}

/** A text to be copied, line by line as it is; it scrolls. */
export function ScriptText({ label, text, className }: ScriptTextProps) {
  const styles = useScriptStyles();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={mergeClasses(styles.box, className)} aria-label={label} tabIndex={0}>
      {text.split('\n').map(visible).join('\n')}
    </section>
  );
}
