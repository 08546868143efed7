/** The shape of the form until it is there. */
import { Loading, Skeleton } from "@/components/ui/feedback";

export const Waiting = () => (
  <Loading className="flex max-w-3xl flex-col gap-4">
    <Skeleton className="h-40 w-full" />
    <Skeleton className="h-80 w-full" />
  </Loading>
);
