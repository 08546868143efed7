import { describe, expect, it } from "vitest";
import { looksSecret } from "./secrets";

describe("a variable's name", () => {
  it.each([
    "API_TOKEN",
    "SECRET",
    "DB_PASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "dbPassword",
    "KEY",
    "GITHUB_TOKEN_2",
    "apiKey",
    "SSH_PRIVATE_KEY",
    "TOKEN",
  ])("%s looks secret", (name) => {
    expect(looksSecret(name)).toBe(true);
  });
  it.each([
    "API_URL",
    "KEYBOARD",
    "MONKEY",
    "PUBLIC_KEY",
    "AWS_ACCESS_KEY_ID",
    "TOKEN_FILE",
    "PATH",
    "TOKENIZER",
    "",
  ])("%s does not", (name) => {
    expect(looksSecret(name)).toBe(false);
  });
});
