/** The frame of a section: what it is for, its main action, and its content or what stands in. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, Loading, Skeleton } from "@/components/ui/feedback";

type IntroProps = { children: ReactNode; action?: ReactNode };

export const Intro = ({ children, action }: IntroProps) => (
  <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 pb-4">
    <p className="min-w-0 flex-1 basis-72 text-muted">{children}</p>
    {action}
  </div>
);

type LoadedProps<T> = {
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  children(data: T): ReactNode;
};

/** A list once it is there; until then its shape, or why it does not come. */
export function Loaded<T>({ query: { data, error, refetch }, children }: LoadedProps<T>) {
  if (data !== undefined) return children(data);
  return error === null ? (
    <Loading>
      <Skeleton className="h-48" />
    </Loading>
  ) : (
    <ErrorState error={error} onRetry={() => void refetch()} />
  );
}
