/** Splits a script into coloured tokens, well enough to read it; nothing is ever run or parsed. */
export type Language = "shell" | "python" | "node" | "plain";
export type TokenKind = "text" | "comment" | "string" | "keyword" | "number" | "variable";
export type Token = { kind: TokenKind; text: string };

const KEYWORDS: Record<Language, string> = {
  shell:
    "if then elif else fi for while until do done case esac in function return exit export local readonly set unset shift trap source eval exec",
  python:
    "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield None True False",
  node: "async await break case catch class const continue default delete do else export extends finally for from function if import in instanceof let new of return switch this throw try typeof var void while yield null true false undefined",
  plain: "",
};

const STRINGS = `"(?:\\\\[\\s\\S]|[^"\\\\])*"?|'(?:\\\\[\\s\\S]|[^'\\\\])*'?`;
const SHELL_STRINGS = `"(?:\\\\[\\s\\S]|[^"\\\\])*"?|'[^']*'?`;
const NUMBER = "\\b\\d[\\d_]*(?:\\.\\d+)?\\b";
const WORD = "[A-Za-z_][A-Za-z0-9_]*";

const RULES: Record<Language, string> = {
  shell: `(?<comment>(?<=^|[\\s;])#[^\\n]*)|(?<string>${SHELL_STRINGS})|(?<variable>\\$(?:\\{[^}\\n]*\\}|${WORD}|[\\d@*#?$!-]))|(?<number>${NUMBER})|(?<word>${WORD})`,
  python: `(?<comment>#[^\\n]*)|(?<string>"""[\\s\\S]*?(?:"""|$(?![\\s\\S]))|'''[\\s\\S]*?(?:'''|$(?![\\s\\S]))|${STRINGS})|(?<number>${NUMBER})|(?<word>${WORD})`,
  node: `(?<comment>\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$(?![\\s\\S])))|(?<string>\`(?:\\\\[\\s\\S]|[^\`\\\\])*\`?|${STRINGS})|(?<number>${NUMBER})|(?<word>[A-Za-z_$][\\w$]*)`,
  plain: "(?!)",
};

/** What is longer is shown without colours, so that a huge script costs nothing. */
const MOST_CHARACTERS = 50_000;

export function tokensOf(script: string, language: Language): Token[] {
  if (script.length > MOST_CHARACTERS) return [{ kind: "text", text: script }];
  const keywords = new Set(KEYWORDS[language].split(" "));
  const tokens: Token[] = [];
  let end = 0;
  const put = (kind: TokenKind, text: string) => {
    const before = tokens.at(-1);
    if (before?.kind === kind) before.text += text;
    else if (text !== "") tokens.push({ kind, text });
  };
  for (const match of script.matchAll(new RegExp(RULES[language], "gm"))) {
    put("text", script.slice(end, match.index));
    put(kindOf(match.groups ?? {}, keywords), match[0]);
    end = match.index + match[0].length;
  }
  put("text", script.slice(end));
  return tokens;
}

function kindOf(groups: Record<string, string | undefined>, keywords: ReadonlySet<string>) {
  if (groups.word !== undefined) return keywords.has(groups.word) ? "keyword" : "text";
  for (const kind of ["comment", "string", "variable", "number"] as const) {
    if (groups[kind] !== undefined) return kind;
  }
  return "text";
}
