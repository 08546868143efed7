/** The shape of the form while it is not there yet. */
import { Loading, Skeleton } from "@/components/ui/feedback";

export const FormSkeleton = () => (
  <Loading className="flex max-w-3xl flex-col gap-4">
    <Skeleton className="h-40 w-full" />
    <Skeleton className="h-40 w-full" />
    <Skeleton className="h-90 w-full" />
  </Loading>
);
