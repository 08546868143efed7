/** The place of toasts; their code arrives with the first one. */
import { lazy, Suspense } from "react";
import { useToastsWanted } from "@/components/ui/toast";

const Toaster = lazy(() => import("@/components/ui/Toaster"));

export function Toasts() {
  return useToastsWanted() ? (
    <Suspense>
      <Toaster />
    </Suspense>
  ) : null;
}
