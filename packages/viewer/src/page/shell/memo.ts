import { Component, type ComponentChild, type FunctionComponent, h } from 'preact';

/** A component that is drawn again only when a property of it is another one. */
export function memo<P extends object>(Inner: FunctionComponent<P>): (props: P) => ComponentChild {
  class Remembered extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Readonly<P>;
      for (const name in next) if (next[name] !== now[name]) return true;
      return false;
    }

    override render(): ComponentChild {
      return h(Inner, this.props as P);
    }
  }
  return (props) => h(Remembered as never, props);
}
