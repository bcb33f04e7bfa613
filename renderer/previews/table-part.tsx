import type { ComponentProps } from 'react';

type TableRole = 'table' | 'rowgroup' | 'row' | 'columnheader' | 'rowheader' | 'cell';

/** A part of a table whose rows are placed by the page, which table elements do not allow. */
export function TablePart(props: ComponentProps<'div'> & { readonly role: TableRole }) {
  return <div {...props} />;
}
