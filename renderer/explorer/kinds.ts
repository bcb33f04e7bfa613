import type { Entry } from '#shared/contract/files.ts';

export type Family =
  | 'folder'
  | 'link'
  | 'special'
  | 'image'
  | 'video'
  | 'audio'
  | 'code'
  | 'text'
  | 'table'
  | 'archive'
  | 'model'
  | 'document'
  | 'data'
  | 'file';

const families: ReadonlyArray<readonly [Family, string, string]> = [
  ['image', 'image', 'png jpg jpeg gif webp bmp tif tiff svg avif heic ico'],
  ['video', 'video', 'mp4 mkv mov avi webm m4v'],
  ['audio', 'audio', 'mp3 wav flac ogg m4a aac'],
  ['code', 'code', 'py js ts tsx jsx c h cc cpp hpp rs go java kt sh bash rb pl r jl lua sql html css ipynb mjs cjs'],
  ['text', 'text', 'txt md rst log tex'],
  ['table', 'table', 'csv tsv parquet xlsx xls ods arrow feather'],
  ['archive', 'archive', 'zip tar gz tgz bz2 xz zst 7z rar'],
  ['model', 'model', 'pt pth onnx safetensors ckpt h5 pb tflite gguf joblib'],
  ['document', 'document', 'pdf doc docx odt ppt pptx odp epub'],
  ['data', 'data', 'json jsonl yaml yml toml xml ini cfg conf npy npz pkl bin db sqlite'],
];

const byExtension = new Map<string, readonly [Family, string]>(
  families.flatMap(([family, word, extensions]) => extensions.split(' ').map((one) => [one, [family, word]] as const)),
);

const extensionOf = (name: string): string => {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
};

/** Which icon an entry has. */
export function familyOf(entry: Pick<Entry, 'kind' | 'name'>): Family {
  if (entry.kind === 'directory') return 'folder';
  if (entry.kind === 'symlink') return 'link';
  if (entry.kind === 'special') return 'special';
  return byExtension.get(extensionOf(entry.name))?.[0] ?? 'file';
}

/** The words of the column "Kind": `Folder`, `PNG image`, `CSV table`, `File`; a long ending is left out. */
export function describeKind(entry: Pick<Entry, 'kind' | 'name'>): string {
  if (entry.kind === 'directory') return 'Folder';
  if (entry.kind === 'symlink') return 'Link';
  if (entry.kind === 'special') return 'Special file';
  const extension = extensionOf(entry.name);
  const known = byExtension.get(extension);
  if (known && extension.length > 7) return `${known[1].charAt(0).toUpperCase()}${known[1].slice(1)}`;
  if (known) return `${extension.toUpperCase()} ${known[1]}`;
  return /^[a-z0-9]{1,6}$/.test(extension) ? `${extension.toUpperCase()} file` : 'File';
}
