import { Menu, MenuButton, MenuItemRadio, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { TopSpeedRegular } from '@fluentui/react-icons';
import { writeDecimalBytes } from '#shared/sizes.ts';
import { updateSettings, useSettings } from '../app/stores/settings.ts';
import { reportError } from '../ui/toasts.tsx';

/** Bytes per second that are offered; others are typed in Settings. */
const offered = [1e6, 5e6, 10e6, 25e6, 50e6, 100e6] as const;

const words = (limit: number | null): string => (limit === null ? 'No limit' : `${writeDecimalBytes(limit)}/s`);

/** How fast all transfers over the network together may be. */
export function BandwidthMenu() {
  const limit = useSettings((state) => state.settings.bandwidthLimit);
  const speeds = new Set<number>([...offered, ...(limit === null ? [] : [limit])]);
  const choices = [null, ...[...speeds].sort((a, b) => a - b)];
  const set = (chosen: number | null): void => {
    updateSettings({ bandwidthLimit: chosen }).catch((error: unknown) => reportError(error, 'The limit could not be kept.'));
  };
  return (
    <Menu
      checkedValues={{ limit: [String(limit)] }}
      onCheckedValueChange={(_, data) => set(choices.find((choice) => String(choice) === data.checkedItems[0]) ?? null)}
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          size="small"
          appearance="subtle"
          icon={<TopSpeedRegular />}
          aria-label={`Speed limit: ${words(limit)}`}
          title="How fast transfers over the network may be together"
        >
          {words(limit)}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {choices.map((choice) => (
            <MenuItemRadio key={String(choice)} name="limit" value={String(choice)}>
              {words(choice)}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
