import type { KitExchange, KitRoute } from '../http-server-subject.ts';

/** The route `/work`, whose handler does what the scenario wants and answers nothing more, and a promise of its first run. */
export function handlerThat(
  act: (exchange: KitExchange) => void = () => {},
  method: KitRoute['method'] = 'GET',
): { routes: KitRoute[]; entered: Promise<void> } {
  let enter = (): void => {};
  const entered = new Promise<void>((resolve) => {
    enter = resolve;
  });
  const handle = (exchange: KitExchange): undefined => {
    act(exchange);
    enter();
    return undefined;
  };
  return { routes: [{ method, path: '/work', handle }], entered };
}
