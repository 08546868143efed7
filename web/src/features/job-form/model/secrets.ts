/** Which variables usually hold a secret, judged by their names. */

const SECRET =
  /(?:^|[_.-])(?:TOKEN|KEY|PASS|PASSWD|CREDS?|PAT|DSN)\d*$|[_.-]PWD$|(?:^|[_.-])(?:TOKEN|KEY)[_.-]|PASSWORD|PASSPHRASE|SECRET|CREDENTIAL|APIKEY|ACCESSKEY|PRIVATEKEY|TOKEN$/;
const PUBLIC = /(?:^|_)PUBLIC_KEY(?:_|$)|(?:_|^)(?:KEY|TOKEN)_(?:ID|NAME|FILE|PATH)$/;
const CAMEL = /(?<=[a-z0-9])(?=[A-Z])/g;

/** Whether a variable of this name usually holds a secret (`API_TOKEN`, `dbPassword`). */
export function looksSecret(name: string): boolean {
  const upper = name.replace(CAMEL, "_").toUpperCase();
  return SECRET.test(upper) && !PUBLIC.test(upper);
}
