import { Badge } from '@fluentui/react-components';
import type { Host } from '#shared/contract/hosts.ts';

/** What sets a host apart from others, beside its name. */
export function HostBadges({ host: { isDefault, readOnly } }: { readonly host: Pick<Host, 'isDefault' | 'readOnly'> }) {
  return [isDefault && 'default', readOnly && 'read-only'].map(
    (word) =>
      word && (
        <Badge key={word} size="small" appearance="outline" color="informative">
          {word}
        </Badge>
      ),
  );
}
