/** AlertDialog whose code arrives when it is first opened. */
import { type ComponentProps, lazy, Suspense, useRef } from "react";

const Loaded = lazy(() =>
  import("./AlertDialog").then((module) => ({ default: module.AlertDialog })),
);

export function LazyAlertDialog(props: ComponentProps<typeof Loaded>) {
  const wanted = useRef(false);
  wanted.current ||= props.open;
  return wanted.current ? (
    <Suspense>
      <Loaded {...props} />
    </Suspense>
  ) : null;
}
