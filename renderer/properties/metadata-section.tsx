import { Field, Input, makeStyles, Select, tokens } from '@fluentui/react-components';
import type { Editable, FileProperties, Pair } from '#shared/contract/properties.ts';
import { visible } from '#shared/paths.ts';
import { headerWords } from '#shared/properties/rules.ts';
import { Section } from '../ui/section.tsx';
import { Fact, FactList } from './facts.tsx';
import { PairTable } from './pair-table.tsx';
import type { DraftProblems, PropertyDraft } from './property-draft.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: '16px' },
  fields: { display: 'flex', flexDirection: 'column', gap: '6px' },
  field: { gridTemplateColumns: '128px minmax(0, 1fr)', columnGap: '12px' },
  input: { width: '100%' },
  note: { color: tokens.colorNeutralForeground3, marginBottom: '6px' },
});

interface MetadataFormProps {
  readonly found: FileProperties;
  readonly edit: Editable;
  readonly draft: PropertyDraft;
  readonly problems: DraftProblems;
  readonly busy: boolean;
  readonly onChange: (draft: PropertyDraft) => void;
}

/** What stands beside a file's content, to be changed. */
export function MetadataForm({ found, edit, draft, problems, busy, onChange }: MetadataFormProps) {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <Section title="Headers">
        <div className={styles.fields}>
          {edit.headers.map((name) => {
            const problem = problems.headers[name];
            const said = problem ? { validationState: 'error' as const, validationMessage: problem } : {};
            return (
              <Field
                key={name}
                className={styles.field}
                orientation="horizontal"
                size="small"
                label={headerWords[name]}
                {...said}
              >
                <Input
                  className={styles.input}
                  size="small"
                  value={draft.headers[name]}
                  disabled={busy}
                  spellCheck={false}
                  autoComplete="off"
                  onChange={(_, data) => onChange({ ...draft, headers: { ...draft.headers, [name]: data.value } })}
                />
              </Field>
            );
          })}
          {edit.tiers.length > 1 && (
            <Field className={styles.field} orientation="horizontal" size="small" label="Tier">
              <Select
                size="small"
                value={draft.tier}
                disabled={busy}
                onChange={(_, data) => onChange({ ...draft, tier: data.value })}
              >
                {edit.tiers.map((tier) => (
                  <option key={tier}>{tier}</option>
                ))}
              </Select>
            </Field>
          )}
        </div>
      </Section>
      {edit.metadata && (
        <Section title="Metadata">
          <PairTable
            what="metadata"
            rows={draft.metadata}
            problems={problems.metadata}
            disabled={busy}
            onChange={(metadata) => onChange({ ...draft, metadata })}
          />
        </Section>
      )}
      {edit.tags && (
        <Section title="Tags">
          <PairTable
            what="tag"
            rows={draft.tags}
            problems={problems.tags}
            disabled={busy}
            onChange={(tags) => onChange({ ...draft, tags })}
          />
        </Section>
      )}
      <Kept pairs={found.kept} />
    </div>
  );
}

/** The same where nothing can be changed, and why. */
export function MetadataFacts({ found, refusal }: { readonly found: FileProperties; readonly refusal: string }) {
  const styles = useStyles();
  const { headers, metadata, tags } = found;
  const facts: Pair[] = [
    ...Object.entries(headerWords).flatMap(([name, words]) => {
      const value = headers[name as keyof typeof headerWords];
      return value === undefined ? [] : [{ name: words, value }];
    }),
  ];
  return (
    <div className={styles.root}>
      <div className={styles.note}>{visible(refusal)}</div>
      {facts.length > 0 && (
        <Section title="Headers">
          <PairFacts pairs={facts} />
        </Section>
      )}
      {metadata.length > 0 && (
        <Section title="Metadata">
          <PairFacts pairs={metadata} />
        </Section>
      )}
      {tags && tags.length > 0 && (
        <Section title="Tags">
          <PairFacts pairs={tags} />
        </Section>
      )}
      <Kept pairs={found.kept} />
    </div>
  );
}

function PairFacts({ pairs }: { readonly pairs: readonly Pair[] }) {
  return (
    <FactList>
      {pairs.map(({ name, value }) => (
        <Fact key={name} term={visible(name)} mono>
          {visible(value)}
        </Fact>
      ))}
    </FactList>
  );
}

function Kept({ pairs }: { readonly pairs: readonly Pair[] }) {
  const styles = useStyles();
  if (pairs.length === 0) return null;
  return (
    <Section title="Kept for the file">
      <div className={styles.note}>
        Programs keep the modification time and sums of the content here. It stays as it is, whatever you change above.
      </div>
      <PairFacts pairs={pairs} />
    </Section>
  );
}
