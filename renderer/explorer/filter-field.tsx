import {
  Button,
  Menu,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  SearchBox,
  tokens,
} from '@fluentui/react-components';
import { ChevronDownRegular } from '@fluentui/react-icons';
import { useRef } from 'react';
import { type SearchScope, useSearchKeys } from './search-scope.ts';

const useStyles = makeStyles({
  root: { display: 'flex', alignItems: 'center', flexShrink: 1, minWidth: '220px', gap: '2px' },
  field: { width: '210px', flexShrink: 1, minWidth: '110px' },
  scope: { minWidth: 'auto', padding: '0 6px', whiteSpace: 'nowrap', fontWeight: tokens.fontWeightRegular },
});

const scopeWords: Readonly<Record<SearchScope, string>> = { folder: 'This folder', below: 'Everything below' };

interface FilterFieldProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly scope: SearchScope;
  readonly onScope: (scope: SearchScope) => void;
  /** Escape in the field. */
  readonly onLeave: () => void;
  /** Arrow down and Enter: the rows take over. */
  readonly onRows: () => void;
}

/** The field that filters the folder or searches everything below it, and which of both it does. */
export function FilterField({ text, onText, scope, onScope, onLeave, onRows }: FilterFieldProps) {
  const styles = useStyles();
  const field = useRef<HTMLInputElement>(null);
  const below = scope === 'below';
  const focus = (): void => {
    field.current?.focus();
    field.current?.select();
  };
  useSearchKeys((asked) => {
    onScope(asked);
    focus();
  });
  return (
    <div className={styles.root}>
      <SearchBox
        size="small"
        className={styles.field}
        placeholder={below ? 'Search (*.csv size:>1g)' : 'Filter (*.csv)'}
        aria-label={below ? 'Search everything below' : 'Filter this folder'}
        value={text}
        input={{ ref: field }}
        onChange={(_, data) => onText(data.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onLeave();
          if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            onRows();
          }
        }}
      />
      <Menu
        checkedValues={{ scope: [scope] }}
        onCheckedValueChange={(_, { checkedItems }) => {
          onScope(checkedItems[0] === 'below' ? 'below' : 'folder');
          // The menu gives the focus back to its button first.
          setTimeout(focus);
        }}
      >
        <MenuTrigger disableButtonEnhancement>
          <Button
            size="small"
            appearance="subtle"
            className={styles.scope}
            icon={<ChevronDownRegular />}
            iconPosition="after"
            aria-label={`Look in: ${scopeWords[scope].toLowerCase()}`}
          >
            {scopeWords[scope]}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItemRadio name="scope" value="folder" secondaryContent="Ctrl+F">
              {scopeWords.folder}
            </MenuItemRadio>
            <MenuItemRadio name="scope" value="below" secondaryContent="Ctrl+Shift+F">
              {scopeWords.below}
            </MenuItemRadio>
          </MenuList>
        </MenuPopover>
      </Menu>
    </div>
  );
}
