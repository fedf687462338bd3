/** The pictures of the viewer, by the name of their file: which of the views of its tests, at what width, in which theme. */
export const SCREENS = {
  'viewer-trace': 'trace-details-1280-light',
  'viewer-latency': 'latency-checkouts-1280-light',
  'viewer-map': 'map-1280-dark',
};
