import { ToggleButton, Tooltip } from '@fluentui/react-components';
import { PanelRightRegular } from '@fluentui/react-icons';
import { usePreviewOpen } from './preview-open.ts';

/** Opens and closes the preview pane. */
export function PreviewToggle() {
  const [open, setOpen] = usePreviewOpen();
  return (
    <Tooltip content="Preview (Space)" relationship="label">
      <ToggleButton size="small" appearance="subtle" icon={<PanelRightRegular />} checked={open} onClick={() => setOpen(!open)} />
    </Tooltip>
  );
}
