const count = 128;

/** The limits of a recorder, as OpenTelemetry has them. */
export const spanLimits = {
  attributeCountLimit: count,
  attributeValueLengthLimit: Number.POSITIVE_INFINITY,
  eventCountLimit: count,
  linkCountLimit: count,
  attributePerEventCountLimit: count,
  attributePerLinkCountLimit: count,
};
