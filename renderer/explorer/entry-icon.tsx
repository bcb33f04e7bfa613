import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  BoxMultipleRegular,
  BracesRegular,
  BrainCircuitRegular,
  CodeRegular,
  DatabaseRegular,
  DocumentPdfRegular,
  DocumentRegular,
  DocumentTextRegular,
  FolderFilled,
  FolderZipRegular,
  ImageRegular,
  LinkRegular,
  MusicNote2Regular,
  PlugDisconnectedRegular,
  TableRegular,
  VideoClipRegular,
} from '@fluentui/react-icons';
import type { Entry } from '#shared/contract/files.ts';
import type { Usage } from '#shared/contract/vfolders.ts';
import { type Family, familyOf } from './kinds.ts';

const icons: Record<Family, typeof DocumentRegular> = {
  folder: FolderFilled,
  link: LinkRegular,
  special: PlugDisconnectedRegular,
  image: ImageRegular,
  video: VideoClipRegular,
  audio: MusicNote2Regular,
  code: CodeRegular,
  text: DocumentTextRegular,
  table: TableRegular,
  archive: FolderZipRegular,
  model: BrainCircuitRegular,
  document: DocumentPdfRegular,
  data: BracesRegular,
  file: DocumentRegular,
};

const useStyles = makeStyles({
  icon: { fontSize: '18px', flexShrink: 0, color: tokens.colorNeutralForeground3 },
  folder: { color: tokens.colorBrandForeground1 },
});

export function EntryIcon({ entry }: { readonly entry: Pick<Entry, 'kind' | 'name'> }) {
  const styles = useStyles();
  const family = familyOf(entry);
  const Icon = icons[family];
  return <Icon aria-hidden className={mergeClasses(styles.icon, family === 'folder' && styles.folder)} />;
}

const usageIcons: Record<Usage, typeof DocumentRegular> = {
  general: FolderFilled,
  data: DatabaseRegular,
  model: BrainCircuitRegular,
  output: BoxMultipleRegular,
};

/** A vfolder's icon says what it is for. */
export function VfolderIcon({ usage }: { readonly usage: Usage }) {
  const styles = useStyles();
  const Icon = usageIcons[usage];
  return <Icon aria-hidden className={mergeClasses(styles.icon, styles.folder)} />;
}
