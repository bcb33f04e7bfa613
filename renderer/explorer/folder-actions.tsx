import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, makeStyles, Tooltip } from '@fluentui/react-components';
import {
  ArrowSyncRegular,
  ArrowUploadRegular,
  DocumentAddRegular,
  FolderAddRegular,
  FolderArrowUpRegular,
  RocketRegular,
} from '@fluentui/react-icons';
import { chooseAndUpload } from './upload-here.ts';

const useStyles = makeStyles({ actions: { display: 'flex', flexShrink: 0, gap: '2px' } });

interface FolderActionsProps {
  readonly readOnly: boolean;
  readonly onNewFolder: () => void;
  readonly onLaunch: () => void;
  readonly onSync: () => void;
}

/** The buttons of a folder's toolbar. */
export function FolderActions({ readOnly, onNewFolder, onLaunch, onSync }: FolderActionsProps) {
  const styles = useStyles();
  return (
    <div className={styles.actions}>
      <Tooltip content="New folder (Ctrl+Shift+N)" relationship="label">
        <Button size="small" appearance="subtle" icon={<FolderAddRegular />} disabled={readOnly} onClick={onNewFolder} />
      </Tooltip>
      <Tooltip content="Launch a job with this folder" relationship="label">
        <Button size="small" appearance="subtle" icon={<RocketRegular />} onClick={onLaunch} />
      </Tooltip>
      <Tooltip content="Sync this folder with another place" relationship="label">
        <Button size="small" appearance="subtle" icon={<ArrowSyncRegular />} onClick={onSync} />
      </Tooltip>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button size="small" appearance="primary" icon={<ArrowUploadRegular />} disabled={readOnly}>
            Upload
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<DocumentAddRegular />} onClick={() => chooseAndUpload('files')}>
              Files…
            </MenuItem>
            <MenuItem icon={<FolderArrowUpRegular />} onClick={() => chooseAndUpload('folder')}>
              Folder…
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
    </div>
  );
}
