import { Menu, MenuButton, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import type { Transfer } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import { chooseUpload } from './choose.ts';
import { contentsOf, type Upload } from './dropped.ts';
import { sendUpload } from './push.ts';

/** A push whose page was closed: what is missing has to be chosen once more; what arrived is kept. */
export function ChooseAgain({ transfer }: { readonly transfer: Transfer }) {
  const again = (upload: Upload): void => sendUpload(transfer.id, upload);
  const target = visible(transfer.destination);
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          size="small"
          title={`The window that sent these files to ${target} was closed. Choose the same files to go on.`}
        >
          Choose again
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={() => chooseUpload('folder', (upload) => again(upload))}>The same folder…</MenuItem>
          <MenuItem onClick={() => chooseUpload('folder', (upload) => again(contentsOf(upload)))}>
            The same folder, as a vfolder of its own…
          </MenuItem>
          <MenuItem onClick={() => chooseUpload('files', again)}>The same files…</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
