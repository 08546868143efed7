/** The cache of everything that was read: what is asked again, and when. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { isApiError, isTransient } from "./problem";

let signIn: (() => void) | undefined;

/** What happens when the server no longer knows who asks. */
export function onSignInNeeded(act: () => void): void {
  signIn = act;
}

const onError = (error: unknown) => {
  if (isApiError(error, "unauthenticated")) signIn?.();
};

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
