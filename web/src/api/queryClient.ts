/** The cache of everything that was read: what is asked again, and when. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { keys } from "./keys";
import { isApiError, isTransient } from "./problem";

let signIn: (() => void) | undefined;

/** What happens when the server no longer knows who asks. */
export function onSignInNeeded(act: () => void): void {
  signIn = act;
}

let leaving = false;

/** Whoever signs out goes to the sign-in page anyway, and not to come back. */
export function setLeaving(on: boolean): void {
  leaving = on;
}

/** Said when the server does not know any more who asks. */
export function strangerNow(): void {
  if (!leaving) signIn?.();
}

const onError = (error: unknown) => {
  if (isApiError(error, "unauthenticated")) strangerNow();
  // Perhaps a role was taken away in the meantime.
  if (isApiError(error, "forbidden")) askWhoAsks();
};

/** Reads again who is signed in, and what that person may do. */
export function askWhoAsks(): void {
  void queryClient.invalidateQueries({ queryKey: keys.me() });
}

const TRIES = 3;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 30_000, // live topics keep it fresh in between
      gcTime: 10 * 60_000,
      retry: (failures, error) => isTransient(error) && failures < TRIES,
      retryDelay: (attempt) => Math.min(8000, 500 * 2 ** attempt),
      refetchOnWindowFocus: false,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});
