/** The landmarks of a log: counts per level, first error, density, fold groups. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, type Schemas, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import { type Group, groupsOf } from "../model/fold";

export type Marks = Schemas["MarksView"];

const AGAIN_MS = 2000;

/** `total` and `ended` say whether there is something new to read. */
export function useMarks(
  jobId: string,
  attempt: number | null,
  total: number,
  ended: boolean,
): { marks: Marks | undefined; groups: readonly Group[] } {
  const { data: marks } = useQuery({
    queryKey: [...keys.jobs.logs(jobId), "marks", attempt, ended],
    queryFn: ({ signal }) => {
      const params = { path: { key: jobId }, query: { attempt: attempt ?? 0 } };
      return unwrap(api.GET("/jobs/{key}/logs/marks", { params, signal }));
    },
    enabled: attempt !== null && total > 0,
    placeholderData: keepPreviousData,
    refetchInterval: ended ? false : AGAIN_MS,
    staleTime: ended ? Number.POSITIVE_INFINITY : 0,
  });
  const groups = useMemo(
    () => (marks === undefined ? [] : groupsOf(marks.groups, marks.group_kinds, marks.total)),
    [marks],
  );
  return { marks, groups };
}
