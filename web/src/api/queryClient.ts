/** The cache of everything that was read: what is asked again, and when. */
import { QueryClient } from "@tanstack/react-query";
import { isTransient } from "./problem";

const TRIES = 3;

export const queryClient = new QueryClient({
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
