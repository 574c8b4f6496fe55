import { Component, createElement, type ComponentChild, type FunctionComponent } from 'preact'

/** A component that renders again only when one of its props is another (Object.is), or `same` says so. */
export function memo<P extends object>(render: (props: P) => ComponentChild, same: (a: P, b: P) => boolean = shallowSame): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P) {
      return !same(this.props as P, next)
    }
    override render() {
      return createElement(render as FunctionComponent<P>, this.props as P)
    }
  }
  return Memo as unknown as FunctionComponent<P>
}

function shallowSame<P extends object>(a: P, b: P): boolean {
  const keys = Object.keys(a) as (keyof P)[]
  return keys.length === Object.keys(b).length && keys.every(key => Object.is(a[key], b[key]))
}
