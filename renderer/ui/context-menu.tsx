import { Menu, MenuDivider, MenuItem, MenuList, MenuPopover } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { create } from 'zustand';

export interface MenuChoice {
  readonly label: string;
  readonly icon?: ReactElement;
  /** Shortcut, at the right. */
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly run: () => void;
}

interface OpenMenu {
  readonly x: number;
  readonly y: number;
  readonly choices: ReadonlyArray<MenuChoice | 'divider'>;
  readonly label: string;
}

const useOpenMenu = create<{ readonly menu: OpenMenu | null }>()(() => ({ menu: null }));

/** Where a menu opens: at the mouse, or below the element when the keyboard asked for it. */
interface MenuEvent {
  preventDefault(): void;
  stopPropagation(): void;
  readonly clientX?: number;
  readonly clientY?: number;
  readonly currentTarget: EventTarget | null;
}

export function openMenu(event: MenuEvent, label: string, choices: ReadonlyArray<MenuChoice | 'divider'>): void {
  event.preventDefault();
  event.stopPropagation();
  let { clientX: x = 0, clientY: y = 0 } = event;
  if (x === 0 && y === 0 && event.currentTarget instanceof Element) {
    const box = event.currentTarget.getBoundingClientRect();
    x = box.left + 24;
    y = box.top + Math.min(box.height, 30);
  }
  useOpenMenu.setState({ menu: { x, y, choices, label } });
}

/** Put once at the top of the app. */
export function ContextMenus() {
  const menu = useOpenMenu((state) => state.menu);
  if (!menu) return null;
  const target = { getBoundingClientRect: () => new DOMRect(menu.x, menu.y, 0, 0) };
  return (
    <Menu
      key={`${menu.x} ${menu.y} ${menu.label}`}
      open
      positioning={{ target, position: 'below', align: 'start', offset: 2 }}
      onOpenChange={(_, data) => {
        if (!data.open) useOpenMenu.setState({ menu: null });
      }}
    >
      <MenuPopover>
        <MenuList aria-label={menu.label}>
          {menu.choices.map((choice, index) =>
            choice === 'divider' ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: dividers have nothing else
              <MenuDivider key={`divider-${index}`} />
            ) : (
              <MenuItem
                key={choice.label}
                {...(choice.icon && { icon: choice.icon })}
                {...(choice.hint && { secondaryContent: choice.hint })}
                disabled={choice.disabled ?? false}
                onClick={() => {
                  useOpenMenu.setState({ menu: null });
                  choice.run();
                }}
              >
                {choice.label}
              </MenuItem>
            ),
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
