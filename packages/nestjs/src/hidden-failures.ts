import { type ApplicationConfig, MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { callSafely } from '@throughline/core';

type Wrapper = {
  readonly isNotMetatype: boolean;
  readonly metatype: unknown;
  readonly instance: unknown;
};

/**
 * What Nest notes on classes and methods whose exceptions do not all reach a global filter: those with filters of their own,
 * streams of server-sent events, and GraphQL, where the fields of a type need not have filters.
 */
const HIDING = ['__exceptionFilters__', '__sse__', 'graphql:resolver_type'];

/**
 * Whether there is anything in the application that can fail without a global filter's being asked. Where there is not, its
 * requests are spared an interceptor: one alone makes Nest pass every result through Observables, which takes as long
 * as all else of a small request.
 */
export function mayHideFailures(modules: ModulesContainer, config: ApplicationConfig): boolean {
  // Filters made for each request are asked before all others.
  if (config.getGlobalRequestFilters().length > 0) return true;
  return callSafely('exception filters', anyHides, modules) ?? true;
}

function anyHides(modules: ModulesContainer): boolean {
  const scanner = new MetadataScanner();
  for (const { controllers, providers } of modules.values()) {
    for (const wrapper of [...controllers.values(), ...providers.values()])
      if (hides(classOf(wrapper), scanner)) return true;
  }
  return false;
}

function classOf({ isNotMetatype, metatype, instance }: Wrapper): unknown {
  if (!isNotMetatype) return metatype;
  return typeof instance === 'object' && instance !== null ? Object.getPrototypeOf(instance)?.constructor : undefined;
}

function hides(type: unknown, scanner: MetadataScanner): boolean {
  if (typeof type !== 'function') return false;
  if (isNoted(type)) return true;
  const { prototype } = type;
  if (typeof prototype !== 'object' || prototype === null) return false;
  return scanner.getAllMethodNames(prototype).some((name) => isNoted(prototype[name]));
}

function isNoted(target: object): boolean {
  return HIDING.some((key) => Reflect.hasMetadata(key, target));
}
