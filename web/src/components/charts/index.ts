/** Charts for every page. uPlot arrives with the first line chart that is shown. */
export { CapacityBar } from "./CapacityBar";
export { type Phase, type PhaseState, PhaseTimeline } from "./PhaseTimeline";
export { Sparkline } from "./Sparkline";
export { StackedBars, type StackedBarsProps } from "./StackedBars";
export { figuresOf } from "./scale";
export { type Limit, type Series, TimeSeries, type TimeSeriesProps } from "./TimeSeries";
