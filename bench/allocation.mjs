/**
 * Bytes that were allocated on the JavaScript heap: what it grew by between collections. Exact, where sampling is not;
 * buffers outside of the heap are not in it.
 */
export function allocatedBytes(heapBefore, collections, heapAfter) {
  let allocated = 0;
  let last = heapBefore;
  for (const { beforeGC, afterGC } of collections) {
    allocated += beforeGC.heapStatistics.usedHeapSize - last;
    last = afterGC.heapStatistics.usedHeapSize;
  }
  return allocated + heapAfter - last;
}
