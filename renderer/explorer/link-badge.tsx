import type { Vfolder } from '#shared/contract/vfolders.ts';
import { visible } from '#shared/paths.ts';
import { SmallBadge } from '../ui/small-badge.tsx';

/** Says of a link that it is one, or that what it points to cannot be used; nothing of other vfolders. */
export function LinkBadge({ vfolder }: { readonly vfolder: Pick<Vfolder, 'kind' | 'broken' | 'place'> }) {
  if (vfolder.broken !== null)
    return (
      <SmallBadge bad title={visible(vfolder.broken)}>
        broken
      </SmallBadge>
    );
  if (vfolder.kind !== 'linked') return null;
  return <SmallBadge title={`Linked, it stays in ${visible(vfolder.place)}`}>linked</SmallBadge>;
}
