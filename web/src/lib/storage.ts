/** The browser's storage, which a person may have switched off. */

export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // switched off or full: the choice lasts until the page goes
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // switched off: there is nothing to forget
  }
}
