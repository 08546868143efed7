/** Where to go after signing in: an address of this product and of nowhere else. */

const HERE = "http://here.invalid";

export function safeNext(next: string | undefined): string {
  if (next === undefined || !next.startsWith("/")) return "/";
  try {
    const url = new URL(next, HERE);
    const path = url.pathname + url.search + url.hash;
    // "//host", "/\host" and the like name another site.
    return url.origin === HERE && !path.startsWith("//") && url.pathname !== "/sign-in"
      ? path
      : "/";
  } catch {
    return "/";
  }
}
