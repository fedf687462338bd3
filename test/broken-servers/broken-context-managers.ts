import { type Context, type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api';

/** Knows the context of synchronous code only: one variable, put back when the function returns. */
export class GlobalContextManager implements ContextManager {
  protected current: Context = ROOT_CONTEXT;

  active(): Context {
    return this.current;
  }

  with<Args extends unknown[], Run extends (...args: Args) => ReturnType<Run>>(
    context: Context,
    run: Run,
    self?: ThisParameterType<Run>,
    ...args: Args
  ): ReturnType<Run> {
    const outer = this.current;
    this.current = context;
    try {
      return run.call(self, ...args);
    } finally {
      this.leave(outer);
    }
  }

  bind<Target>(_context: Context, target: Target): Target {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.current = ROOT_CONTEXT;
    return this;
  }

  protected leave(outer: Context): void {
    this.current = outer;
  }
}

/** Does not put the variable back after a request's context: whoever runs next is in the latest of them. */
export class LeakyContextManager extends GlobalContextManager {
  protected override leave(outer: Context): void {
    if (this.current === ROOT_CONTEXT) this.current = outer;
  }
}
