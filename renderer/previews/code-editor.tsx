import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, indentOnInput, LanguageDescription, syntaxHighlighting } from '@codemirror/language';
import { languages } from '@codemirror/language-data';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { makeStyles, tokens } from '@fluentui/react-components';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { lineSeparatorOf } from './line-ends.ts';

const useStyles = makeStyles({
  place: { flexGrow: 1, minHeight: 0, overflow: 'hidden', display: 'flex', flexDirection: 'column' },
});

/** Styles are allowed by the nonce of the page only. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

const look = EditorView.theme({
  '&': {
    height: '100%',
    fontSize: '12px',
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  '&.cm-focused': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: tokens.fontFamilyMonospace, lineHeight: '18px', overflow: 'auto' },
  '.cm-content': { caretColor: tokens.colorNeutralForeground1 },
  '.cm-cursor': { borderLeftColor: tokens.colorNeutralForeground1 },
  '.cm-gutters': {
    backgroundColor: tokens.colorNeutralBackground2,
    color: tokens.colorNeutralForeground3,
    borderRight: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: tokens.colorSubtleBackgroundHover },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'light-dark(#b9dedb, #1f4f4b)',
  },
  '.cm-searchMatch': { backgroundColor: 'light-dark(#ffe69c, #5c4a00)' },
  '.cm-searchMatch-selected': { backgroundColor: 'light-dark(#ffc46b, #8a5a00)' },
  '.cm-specialChar': { color: tokens.colorPaletteRedForeground1 },
  '.cm-panels': { backgroundColor: tokens.colorNeutralBackground2, color: tokens.colorNeutralForeground1 },
  '.cm-panels-top': { borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
  '.cm-panel.cm-search': { padding: '6px 28px 6px 8px', fontSize: '12px' },
  '.cm-panel.cm-search label': { fontSize: '12px' },
  '.cm-textfield': {
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: '2px 6px',
    fontSize: '12px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    fontSize: '12px',
  },
  '.cm-panel.cm-search [name=close]': { color: tokens.colorNeutralForeground1, fontSize: '18px', padding: '0 8px' },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'light-dark(#8a2da5, #d49be6)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'light-dark(#1a6b2f, #8fce9b)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'light-dark(#9a4b00, #e8b27a)' },
  { tag: [tags.comment, tags.meta], color: 'light-dark(#5c6664, #97a19f)', fontStyle: 'italic' },
  { tag: [tags.propertyName, tags.attributeName, tags.labelName], color: 'light-dark(#0b5b8a, #86c5ec)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'light-dark(#1f4fa8, #9db8f5)' },
  { tag: [tags.typeName, tags.className, tags.namespace, tags.tagName], color: 'light-dark(#0b6a63, #7fd1c8)' },
  { tag: tags.heading, fontWeight: '600', color: 'light-dark(#0b6a63, #7fd1c8)' },
  { tag: tags.strong, fontWeight: '600' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.link, textDecoration: 'underline' },
  { tag: tags.invalid, color: tokens.colorPaletteRedForeground1 },
]);

/** A language's grammar costs time for each character; longer texts are shown plain. */
const maxColoured = 600_000;

export interface CodeEditorProps {
  /** Of the file; tells the language. */
  readonly name: string;
  readonly label: string;
  readonly text: string;
  readonly wrap: boolean;
  readonly editable: boolean;
  /** Told at every change, with what gives the text when it is wanted. */
  readonly onChange?: (read: () => string) => void;
  readonly onSave?: () => void;
}

/** Text with line numbers, colours by language, and its own search; with `editable` an editor. */
export default function CodeEditor({ name, label, text, wrap, editable, onChange, onSave }: CodeEditorProps) {
  const styles = useStyles();
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const wrapping = useRef(new Compartment());
  const handlers = useRef({ onChange, onSave });
  handlers.current = { onChange, onSave };
  const firstWrap = useRef(wrap);
  firstWrap.current = wrap;
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const language = new Compartment();
    const editor = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce),
          EditorState.lineSeparator.of(lineSeparatorOf(text)),
          EditorState.readOnly.of(!editable),
          EditorView.editable.of(true),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': String(!editable) }),
          lineNumbers(),
          highlightSpecialChars(),
          drawSelection(),
          bracketMatching(),
          highlightSelectionMatches(),
          search({ top: true }),
          syntaxHighlighting(colours),
          wrapping.current.of(firstWrap.current ? EditorView.lineWrapping : []),
          language.of([]),
          look,
          keymap.of([
            {
              key: 'Mod-s',
              preventDefault: true,
              run: () => {
                handlers.current.onSave?.();
                return true;
              },
            },
            ...searchKeymap,
            ...(editable ? [...historyKeymap, indentWithTab] : []),
            ...defaultKeymap,
          ]),
          ...(editable ? [history(), highlightActiveLine(), indentOnInput()] : []),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handlers.current.onChange?.(() => editor.state.sliceDoc());
          }),
        ],
      }),
    });
    view.current = editor;
    if (editable) editor.focus();
    let gone = false;
    const found = text.length <= maxColoured ? LanguageDescription.matchFilename(languages, name) : null;
    // Without it the text is as readable.
    found
      ?.load()
      .then((support) => {
        if (!gone) editor.dispatch({ effects: language.reconfigure(support) });
      })
      .catch(() => undefined);
    return () => {
      gone = true;
      editor.destroy();
    };
  }, [name, label, text, editable]);
  useEffect(() => {
    view.current?.dispatch({ effects: wrapping.current.reconfigure(wrap ? EditorView.lineWrapping : []) });
  }, [wrap]);
  return <div ref={place} className={styles.place} />;
}
