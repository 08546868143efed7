/** The bounds of a job spec, as the server's document states them; a test compares the two. */

const CONTROL = "\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069";
const BLANK = " \\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000";
const HOST_PART = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
const HOST = `(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-f0-9:]+\\])(?::[0-9]{1,5})?`;
const PATH_PART = "[a-z0-9]+(?:(?:\\.|__|_|-+)[a-z0-9]+)*";
const TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const DIGEST = "(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})";

/** Numbers from `least` to `most`, both included; `whole` ones have no fraction. */
export type Range = { least: number; most: number; whole: boolean };

/** Texts of at most `most` characters that match `pattern` from end to end. */
export type TextRule = { most: number; pattern: string };

export const RANGES = {
  cpu: { least: 0.1, most: 16, whole: false },
  memoryMb: { least: 16, most: 1_048_576, whole: true },
  storageMb: { least: 0, most: 10_485_760, whole: true },
  gpus: { least: 0, most: 16, whole: true },
  timeoutMs: { least: 1_000, most: 604_800_000, whole: true },
  queueTimeoutMs: { least: 1_000, most: 2_592_000_000, whole: true },
  graceMs: { least: 0, most: 600_000, whole: true },
  maxAttempts: { least: 1, most: 20, whole: true },
  initialMs: { least: 0, most: 86_400_000, whole: true },
  factor: { least: 1, most: 10, whole: false },
  maxMs: { least: 0, most: 86_400_000, whole: true },
  jitter: { least: 0, most: 1, whole: false },
} as const satisfies Record<string, Range>;

export const TEXTS = {
  line: { most: 200, pattern: `^[^${CONTROL}]*[^${CONTROL}${BLANK}][^${CONTROL}]*$` },
  image: {
    most: 512,
    pattern: `^(?:${HOST}/)?${PATH_PART}(?:/${PATH_PART})*(?::${TAG})?(?:@${DIGEST})?$`,
  },
  envName: { most: 256, pattern: "^(?!HODEI_(?!PARAM_))[A-Za-z_][A-Za-z0-9_]*$" },
  secretName: { most: 128, pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" },
  labelKey: { most: 63, pattern: "^[a-zA-Z0-9._/-]+$" },
  labelValue: { most: 255, pattern: `^[^${CONTROL}]*$` },
  workingDir: { most: 4096, pattern: "^/[^\\u0000]*$" },
  project: { most: 63, pattern: "^[a-z0-9][a-z0-9-]*$" },
  idempotencyKey: {
    most: 200,
    pattern: "^[\\u0021-\\u007e](?:[\\u0020-\\u007e]*[\\u0021-\\u007e])?$",
  },
} as const satisfies Record<string, TextRule>;

/** Bytes of UTF-8, or numbers of entries. */
export const SIZES = {
  scriptBytes: 262_144,
  stdinBytes: 262_144,
  argvItems: 4096,
  argvItemBytes: 131_071,
  argvBytes: 262_144,
  envEntries: 500,
  envValueBytes: 32_768,
  envBytes: 262_144,
  labels: 64,
} as const;

/** What "Allow Retry" means: attempts in all. */
export const ALLOW_RETRY_ATTEMPTS = 3;

/** Logs mask secret values of this many bytes or more. */
export const SHORTEST_MASKED = 4;

const encoder = new TextEncoder();

/** Bytes of `text` in UTF-8. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

const compiled = new Map<string, RegExp>();

/** Whether `text` follows `rule`. */
export function follows(text: string, rule: TextRule): boolean {
  let pattern = compiled.get(rule.pattern);
  if (pattern === undefined) {
    pattern = new RegExp(rule.pattern, "u");
    compiled.set(rule.pattern, pattern);
  }
  return [...text].length <= rule.most && pattern.test(text);
}
