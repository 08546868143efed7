/** Spanish speaks to the reader as "tú", and has one word for one idea. */
import { expect, it } from "vitest";

const files = import.meta.glob<string>(
  ["./common/es.json", "./phrases/es.json", "../features/*/i18n/es.json"],
  { eager: true, import: "default", query: "?raw" },
);

const FORMAL =
  "abra|active|anada|asegurese|busque|cambie|cierre|compruebe|confirme|consulte|copie|corrija|cree|" +
  "deje|deshabilite|desactive|detenga|elija|elimine|envie|escriba|espere|guarde|habilite|haga|" +
  "importe|indique|inicie|inserte|instale|intente|introduzca|lea|llame|mire|mueva|omita|pegue|" +
  "permita|ponga|programe|pruebe|pulse|quite|recargue|recuerde|reinicie|rellene|" +
  "repita|responda|revise|seleccione|suba|tenga|use|utilice|vaya|vea|verifique|vuelva";
/** An order: at the beginning of a sentence or a part of one. "Dé" counts with its pronoun only: alone it reads like "de". */
const ORDER = new RegExp(
  `(?:^|[.:;,(?!] |\\b[yo] |antes )(?:(?:${FORMAL})(?:l[oae]s?)?|del[oae]s?)(?![\\w'])`,
  "i",
);
const NEVER = /\busted(es)?\b|\bsu (borrador|navegador|entorno)\b/i;
/** Words that another one of ours stands for: archivo, línea de comandos, provider. */
const OTHERS = /\bficheros?\b|linea de ordenes|\bproveedor(es)?\b|\bordenador(es)?\b/i;

const plain = (text: string) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
const lines = Object.entries(files).flatMap(([path, text]) =>
  text.split("\n").flatMap((line, at) => {
    const said = /": "(.*)",?$/.exec(line)?.[1];
    return said === undefined ? [] : [[`${path}:${at + 1}: ${said}`, plain(said)] as const];
  }),
);

it("is read in full", () => expect(lines.length).toBeGreaterThan(1500));

it("says tú, not usted", () => {
  const formal = lines.filter(([, said]) => ORDER.test(said) || NEVER.test(said));
  expect(formal.map(([where]) => where)).toEqual([]);
});

it("has one word for one idea", () => {
  expect(lines.filter(([, said]) => OTHERS.test(said)).map(([where]) => where)).toEqual([]);
});

it.each([
  "Elija una",
  "Guarde y pruebe",
  "¿Roto? Pruébelo",
  "Espere, y déselo a quien usted quiera",
])("would notice %s", (text) =>
  expect(ORDER.test(plain(text)) || NEVER.test(plain(text))).toBe(true),
);
