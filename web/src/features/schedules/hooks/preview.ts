/** What a rule would do, asked a moment after the last change of it. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { isApiError } from "@/api/problem";
import { type PreviewOrder, previewQuery } from "@/api/queries/schedules";

const PAUSE_MS = 300;

export function usePreview(order: PreviewOrder | null) {
  const wanted = order === null ? null : JSON.stringify(order);
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const query = useQuery({
    ...previewQuery(asked === null ? null : JSON.parse(asked)),
    placeholderData: keepPreviousData,
  });
  const settled = asked === wanted && !query.isFetching;
  const refused = isApiError(query.error) ? query.error.violations : [];
  return {
    /** What is known; of the rule before while the answer to this one is on its way. */
    preview: wanted === null || query.isError ? undefined : query.data,
    /** Whether `preview` is of the rule as it stands. */
    settled,
    /** What the server would not take, once it is about the rule as it stands. */
    violations: wanted === null || asked !== wanted ? [] : refused,
    /** Why nothing is known, when it is not the rule's fault. */
    error: refused.length > 0 ? null : query.error,
  };
}

export type PreviewState = ReturnType<typeof usePreview>;
