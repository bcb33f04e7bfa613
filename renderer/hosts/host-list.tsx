import { makeStyles } from '@fluentui/react-components';
import { useHosts } from '../app/stores/hosts.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { HostCard } from './host-card.tsx';

const useStyles = makeStyles({
  scroll: { flexGrow: 1, minHeight: 0, overflowY: 'auto' },
  list: { display: 'flex', flexDirection: 'column', gap: '12px', maxWidth: '1080px', padding: '16px' },
});

/** Every storage host; `asked` is the id of one that is marked. */
export function HostList({ asked }: { readonly asked: string | null }) {
  const styles = useStyles();
  const { hosts, problem } = useHosts();
  return (
    <div className={styles.scroll}>
      <div className={styles.list}>
        {problem && <ErrorMessage error={problem} />}
        {hosts.map((host) => (
          <HostCard key={host.id} host={host} asked={host.id === asked} />
        ))}
      </div>
    </div>
  );
}
