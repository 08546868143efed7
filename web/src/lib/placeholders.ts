/** Placeholders in the texts of a template: `{{ name }}` stands for the value of a parameter. */

const NAME = "[a-z][a-z0-9_]{0,62}";
/** Of use with `matchAll` and `replace`, which leave its `lastIndex` alone. */
export const PLACEHOLDER = new RegExp(`\\{\\{\\s*(${NAME})\\s*\\}\\}`, "g");
const WHOLE = new RegExp(`^\\s*\\{\\{\\s*(${NAME})\\s*\\}\\}\\s*$`);

export const PARAMETER_NAME = new RegExp(`^${NAME}$`);

/** How the parameter `name` is written in a template. */
export const placeholder = (name: string): string => `{{ ${name} }}`;

/** Names of the parameters that `text` uses, in order, each as often as it is used. */
export const namesIn = (text: string): string[] =>
  Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);

/** The parameter that `text` consists of; null when there is more to it, or less. */
export const wholeName = (text: string): string | null => WHOLE.exec(text)?.[1] ?? null;

/** `text` with what `stand` makes of each placeholder. */
export const replaced = (text: string, stand: (name: string) => string): string =>
  text.replace(PLACEHOLDER, (_, name: string) => stand(name));

/** `text` cut at its placeholders; those stand at the odd places. */
export const pieces = (text: string): string[] =>
  text.split(new RegExp(`(\\{\\{\\s*${NAME}\\s*\\}\\})`));
