/**
 * Reads what a person would paste into a POSIX shell, without ever running one: words with their quotes resolved and known
 * variables filled in, commands divided at operators. It is lenient where documentation is sloppy (prompts before commands,
 * comments after a backslash), since its text comes from there.
 */

export interface Word {
  readonly text: string;
  /** Expansions that only the shell itself could have filled in; they stand in `text` as they were written. */
  readonly unknown: readonly string[];
}

export interface ShellCommand {
  readonly words: readonly Word[];
  /** Redirections, as they were written. */
  readonly redirects: readonly string[];
  /** Assignments before the command: `A=1 docker run …`. */
  readonly assignments: ReadonlyMap<string, string>;
  /** What divides it from the command before: `|`, `&&`, `;`, a line break as `\n`; null for the first. */
  readonly operator: string | null;
}

/** What the shell would know. Undefined: not known here. */
export interface ShellKnowledge {
  variable(name: string): string | undefined;
  /** Of `$(…)` or backquotes. */
  output(script: string): string | undefined;
}

const operatorSigns = ['&&', '||', ';;', '|&', '|', ';', '&', '(', ')'];
const redirection = /^(\d*(?:<<<|<<-?|>>|>&|<&|>\||<>|>|<)|&>>?)/;
const blank = /[ \t\r\f\v]/;

const prompt = /^\s*(?:[\w.-]+@[\w.-]+:[^\s$#]*)?[$%❯]\s+/;
const rootPrompt = /^\s*#\s+(?=(?:sudo|docker|nvidia-docker|podman|floyd|backend\.ai|cl)\s)/;
const fence = /^\s*(?:```|~~~)/;

/**
 * Removes what only shows that a text is to be typed: fences, prompts, the `>` of continued lines. A text that does not begin
 * with a fence or a prompt stays as it is.
 */
export function withoutPrompts(text: string): string {
  const first = text.trimStart();
  if (![prompt, rootPrompt, fence].some((sign) => sign.test(first))) return text;
  const lines = text.split(/\r?\n/).filter((line) => !fence.test(line));
  return lines
    .map((line, index) => {
      const continued = index > 0 && /\\\s*$/.test(lines[index - 1] ?? '');
      return continued ? line.replace(/^\s*>\s/, '') : line.replace(prompt, '').replace(rootPrompt, '');
    })
    .join('\n');
}

class Reader {
  readonly commands: ShellCommand[] = [];
  error: string | null = null;
  private at = 0;
  private word: { text: string; unknown: string[]; quoted: boolean } | null = null;
  private words: Word[] = [];
  private redirects: string[] = [];
  private redirect: string | null = null;
  private operator: string | null = null;
  private readonly set = new Map<string, string>();
  private readonly text: string;
  private readonly knowledge: ShellKnowledge;

  constructor(text: string, knowledge: ShellKnowledge) {
    this.text = text;
    this.knowledge = knowledge;
  }

  read(): void {
    const { text } = this;
    while (this.at < text.length) {
      const sign = text[this.at] ?? '';
      if (sign === '\n') this.endCommand('\n', 1);
      else if (blank.test(sign)) {
        this.endWord();
        this.at += 1;
      } else if (sign === '#' && this.word === null) this.skipComment();
      else if (sign === '\\') this.readEscape();
      else if (sign === "'") this.readSingle();
      else if (sign === '"') this.readDouble();
      else if (sign === '`' && /^`[ \t]*\r?(\n|$)/.test(text.slice(this.at, this.at + 80))) this.skipTo('\n');
      else if (sign === '$' || sign === '`') this.readExpansion(false);
      else if (sign === '~' && this.word === null) this.readTilde();
      else if (!this.readOperator()) this.add(sign, 1);
    }
    this.endCommand(null, 0);
  }

  private add(text: string, length: number): void {
    this.word ??= { text: '', unknown: [], quoted: false };
    this.word.text += text;
    this.at += length;
  }

  private quote(): void {
    this.add('', 0);
    if (this.word) this.word.quoted = true;
  }

  private skipTo(sign: string): void {
    const end = this.text.indexOf(sign, this.at);
    this.at = end < 0 ? this.text.length : end + sign.length;
  }

  private skipComment(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  /** A backslash at the end of a line continues it, also with blanks or a comment behind, as is often seen in documentation. */
  private readEscape(): void {
    const rest = /^\\(?:[ \t]+#[^\n]*|[ \t]*)\r?\n/.exec(this.text.slice(this.at, this.at + 400));
    if (rest) {
      if (rest[0].length > 2) this.endWord();
      this.at += rest[0].length;
      return;
    }
    const next = this.text[this.at + 1];
    if (next === undefined) this.at += 1;
    else this.add(next, 2);
  }

  private readSingle(): void {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) this.error = 'A single quote is left open.';
    this.quote();
    const stop = end < 0 ? this.text.length : end;
    this.add(this.text.slice(this.at + 1, stop), stop - this.at + 1);
  }

  private readDouble(): void {
    const { text } = this;
    this.quote();
    this.at += 1;
    while (this.at < text.length && text[this.at] !== '"') {
      const next = text[this.at + 1];
      if (text[this.at] === '\\' && next !== undefined && '"\\$`\n'.includes(next)) this.add(next === '\n' ? '' : next, 2);
      else if (text[this.at] === '$' || text[this.at] === '`') this.readExpansion(true);
      else this.add(text[this.at] ?? '', 1);
    }
    if (this.at >= text.length) this.error = 'A double quote is left open.';
    this.at += 1;
  }

  private readTilde(): void {
    if (!/^~(\/|\s|$|:)/.test(this.text.slice(this.at, this.at + 2))) this.add('~', 1);
    else this.expand('~', this.knowledge.variable('HOME'));
  }

  private expand(source: string, value: string | undefined): void {
    this.add(value ?? source, source.length);
    if (value === undefined) this.word?.unknown.push(source);
  }

  private readExpansion(quoted: boolean): void {
    const rest = this.text.slice(this.at);
    if (rest.startsWith("$'") && !quoted) {
      this.readAnsi();
      return;
    }
    if (rest.startsWith('$"') && !quoted) {
      this.at += 1;
      return;
    }
    const script = rest.startsWith('$(') ? balanced(rest) : rest.startsWith('`') ? /^`[^`]*`/.exec(rest)?.[0] : undefined;
    if (script !== undefined) {
      const inside = script.startsWith('$(') ? script.slice(2, -1) : script.slice(1, -1);
      this.expand(script, this.knowledge.output(inside.trim()));
      return;
    }
    const variable = /^\$(?:(\w+)|\{(\w+)\}|\{(\w+):?-([^}]*)\})/.exec(rest);
    if (!variable) {
      this.add(rest[0] ?? '', 1);
      return;
    }
    const name = variable[1] ?? variable[2] ?? variable[3] ?? '';
    this.expand(variable[0], this.set.get(name) ?? this.knowledge.variable(name) ?? variable[4]);
  }

  /** `$'…'`: escapes as C has them. */
  private readAnsi(): void {
    const end = /^\$'((?:\\[\s\S]|[^'\\])*)'/.exec(this.text.slice(this.at));
    if (!end) {
      this.error = 'A single quote is left open.';
      this.add(this.text.slice(this.at), this.text.length - this.at);
      return;
    }
    this.quote();
    this.add(
      (end[1] ?? '').replace(/\\([\s\S])/g, (whole, sign: string) => escapes[sign] ?? whole),
      end[0].length,
    );
  }

  private readOperator(): boolean {
    const rest = this.text.slice(this.at, this.at + 80);
    // As documentation writes what is to be filled in.
    const placeholder = /^<[A-Za-z][\w .:/-]*>/.exec(rest);
    if (placeholder) {
      this.expand(placeholder[0], undefined);
      return true;
    }
    const sign = (this.word === null ? redirection : /^(?:[<>]+[|&]?|&>>?)/).exec(rest)?.[0];
    if (sign !== undefined) {
      this.endWord();
      this.redirect = sign;
      this.at += sign.length;
      return true;
    }
    const operator = operatorSigns.find((each) => rest.startsWith(each));
    if (operator === undefined) return false;
    this.endCommand(operator, operator.length);
    return true;
  }

  private endWord(): void {
    const { word } = this;
    this.word = null;
    if (word === null) return;
    if (this.redirect !== null) {
      this.redirects.push(`${this.redirect}${this.redirect.endsWith('&') ? '' : ' '}${word.text}`);
      this.redirect = null;
    } else this.words.push({ text: word.text, unknown: word.unknown });
  }

  private endCommand(operator: string | null, length: number): void {
    this.endWord();
    this.at += length;
    const { words, redirects } = this;
    const isExport = words[0]?.text === 'export' || words[0]?.text === 'set';
    const found = assignmentsOf(isExport ? words.slice(1) : words);
    const rest = words.slice(found.size);
    if (words.length > 0 && (rest.length === 0 || (isExport && found.size > 0))) {
      for (const [name, value] of found) this.set.set(name, value);
    } else if (words.length > 0) {
      this.commands.push({ words: rest, redirects, assignments: found, operator: this.operator });
    }
    if (words.length > 0 || operator !== '\n') this.operator = operator;
    this.words = [];
    this.redirects = [];
    this.redirect = null;
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  '0': '\0',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** `$( … )` with what is nested in it; undefined when it does not end. */
function balanced(text: string): string | undefined {
  let depth = 0;
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') {
      depth -= 1;
      if (depth === 0) return text.slice(0, at + 1);
    }
  }
  return undefined;
}

/** The assignments with which a command begins. Each takes one word. */
function assignmentsOf(words: readonly Word[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { text } of words) {
    const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text);
    if (!match?.[1] || found.has(match[1])) break;
    found.set(match[1], match[2] ?? '');
  }
  return found;
}

/** The commands of a pasted text. `error` says what is wrong with it, when something is. */
export function readShell(text: string, knowledge: ShellKnowledge): { commands: readonly ShellCommand[]; error: string | null } {
  const reader = new Reader(withoutPrompts(text), knowledge);
  reader.read();
  return { commands: reader.commands, error: reader.error };
}
