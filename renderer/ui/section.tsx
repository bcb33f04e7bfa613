import { makeStyles, tokens } from '@fluentui/react-components';
import { type ReactNode, useId } from 'react';

const useStyles = makeStyles({
  head: { display: 'flex', alignItems: 'center', gap: '8px', minHeight: '28px', marginBottom: '8px' },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  aside: { marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: '4px' },
});

export interface SectionProps {
  readonly title: string;
  /** At the right of the heading. */
  readonly aside?: ReactNode;
  /** The room around it, which is the page's business. */
  readonly className?: string;
  readonly children: ReactNode;
}

/** A part of a page with its heading; a region of its name for assistive technology. */
export function Section({ title, aside, className, children }: SectionProps) {
  const styles = useStyles();
  const id = useId();
  return (
    <section className={className} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 className={styles.title} id={id}>
          {title}
        </h2>
        {aside && <div className={styles.aside}>{aside}</div>}
      </div>
      {children}
    </section>
  );
}
