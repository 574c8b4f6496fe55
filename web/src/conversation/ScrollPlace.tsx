import { Component, createRef, type ComponentChildren, type HTMLAttributes, type RefObject } from 'preact'

/** The reader counts as being at the end if it is nearer than this, CSS pixels. */
const nearEnd = 48
/** Older messages are loaded when less than this is left above, CSS pixels. */
const nearStart = 1600

export interface ScrollPlaceProps {
  /** Set while the pane is mounted. */
  handle: { current: ScrollPlace | null }
  label: string
  children: ComponentChildren
  /** Called once, with the first messages: scrolls to where reading begins, or returns false for the end. */
  onOpen(scroller: HTMLElement): boolean
  hasContent: boolean
  onNearStart(): void
  /** The scroll position or the content has changed. */
  onMoved(place: { atEnd: boolean }): void
  listeners: HTMLAttributes<HTMLDivElement>
}

/**
 * The scrolling pane of a conversation. If the reader is at the end, it stays there; otherwise what the reader sees does not move, whatever is
 * added above or below. A class, as only getSnapshotBeforeUpdate runs just before the page changes.
 */
export class ScrollPlace extends Component<ScrollPlaceProps> {
  readonly scroller: RefObject<HTMLDivElement | null> = createRef<HTMLDivElement>()
  private readonly content: RefObject<HTMLDivElement | null> = createRef<HTMLDivElement>()
  private opened = false
  private atEnd = true
  private lastTop = 0
  private wasHidden = false
  private frame = 0
  private sizes: ResizeObserver | undefined

  /** Goes to the end, and stays there. */
  toEnd() {
    this.atEnd = true
    this.keepPlace()
    this.tell()
  }

  /** Brings an element into view, a little below the top, without staying at the end. */
  show(element: Element) {
    if (this.isHidden) return
    const scroller = this.scroller.current!
    // Twice: the first call lays out content that was never on screen, the second knows its true height.
    for (let turn = 0; turn < 2; turn++) scroller.scrollTop += element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - scroller.clientHeight / 4
    this.atEnd = this.distanceToEnd() < nearEnd
    this.lastTop = scroller.scrollTop
    this.tell()
  }

  override componentDidMount() {
    this.props.handle.current = this
    this.sizes = new ResizeObserver(this.resized)
    this.sizes.observe(this.scroller.current!)
    this.sizes.observe(this.content.current!)
    this.open()
  }

  override componentWillUnmount() {
    this.props.handle.current = null
    this.sizes?.disconnect()
    cancelAnimationFrame(this.frame)
  }

  override getSnapshotBeforeUpdate(): { element: Element; top: number } | undefined {
    const scroller = this.scroller.current
    const element = scroller && !this.atEnd ? firstVisible(scroller) : undefined
    return element && { element, top: element.getBoundingClientRect().top }
  }

  override componentDidUpdate(_props: ScrollPlaceProps, _state: unknown, snapshot: { element: Element; top: number } | undefined) {
    if (!this.opened) this.open()
    else if (snapshot?.element.isConnected) this.keepElement(snapshot)
    else if (this.atEnd) this.keepPlace()
    this.tell()
  }

  private open() {
    if (!this.props.hasContent || this.isHidden) return
    this.opened = true
    if (!this.props.onOpen(this.scroller.current!)) this.keepPlace()
  }

  /** Not laid out, as behind a group's details on a phone: every measure is 0. */
  private get isHidden(): boolean {
    return !this.scroller.current?.clientHeight
  }

  private resized = () => {
    const wasHidden = this.wasHidden
    this.wasHidden = this.isHidden
    if (this.isHidden) return
    if (!this.opened) this.open()
    else if (this.atEnd) this.keepPlace()
    // Not every browser keeps the scroll position of hidden content.
    else if (wasHidden) this.scroller.current!.scrollTop = this.lastTop
    this.tell()
  }

  private keepElement({ element, top }: { element: Element; top: number }) {
    const moved = element.getBoundingClientRect().top - top
    if (Math.abs(moved) >= 1) this.scroller.current!.scrollTop += moved
  }

  private keepPlace() {
    const scroller = this.scroller.current
    if (!scroller || this.isHidden) return
    scroller.scrollTop = scroller.scrollHeight
    this.lastTop = scroller.scrollTop
  }

  /** What is unfolded is read from where it was, also at the end. */
  private clicked = ({ target }: MouseEvent) => {
    if (target instanceof Element && target.closest('[data-unfold]')) this.atEnd = false
  }

  private distanceToEnd(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller.current!
    return scrollHeight - scrollTop - clientHeight
  }

  private scrolled = () => {
    if (this.isHidden) return
    const { scrollTop } = this.scroller.current!
    // Growing content moves the end away from the reader; only scrolling moves the reader away from the end.
    if (this.distanceToEnd() < nearEnd) this.atEnd = true
    else if (scrollTop < this.lastTop - 1) this.atEnd = false
    this.lastTop = scrollTop
    this.tell()
  }

  /** At most once a frame: measuring costs a layout. */
  private tell() {
    if (this.frame) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      const scroller = this.scroller.current
      if (!scroller || !this.opened || this.isHidden) return
      this.props.onMoved({ atEnd: this.atEnd })
      if (scroller.scrollTop < nearStart) this.props.onNearStart()
    })
  }

  override render({ label, children, listeners }: ScrollPlaceProps) {
    return (
      <div ref={this.scroller} class="messages" role="region" aria-label={label} tabIndex={0} onScroll={this.scrolled} onClickCapture={this.clicked} {...listeners}>
        <div ref={this.content} class="messages-content">
          {children}
        </div>
      </div>
    )
  }
}

/** The topmost message that is at least partly on screen. */
function firstVisible(scroller: HTMLElement): Element | undefined {
  const top = scroller.getBoundingClientRect().top
  const block = firstBelow(blocksIn(scroller), top)
  return block && (firstBelow([...block.querySelectorAll('li.message')], top) ?? block)
}

/** The direct parts of the content; searching all descendants would be slow in every scrolled frame. */
const blocksIn = (scroller: HTMLElement) => [...scroller.firstElementChild!.children]

/** The highest seqNo of which the end is on screen. */
export function lastVisibleSeqNo(scroller: HTMLElement): number | undefined {
  const bottom = scroller.getBoundingClientRect().bottom
  const blocks = blocksIn(scroller)
  for (let at = blocks.length - 1; at >= 0; at--) {
    const block = blocks[at]!
    if (block.getBoundingClientRect().top > bottom) continue
    const seen = [...block.querySelectorAll<HTMLElement>('li[data-seq]')].findLast(item => item.getBoundingClientRect().bottom <= bottom + 1)
    if (seen) return Number(seen.dataset['seq'])
  }
  return undefined
}

/** By binary search, as elements are in order from top to bottom. */
function firstBelow(elements: readonly Element[], top: number): Element | undefined {
  let low = 0
  let high = elements.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (elements[middle]!.getBoundingClientRect().bottom > top) high = middle
    else low = middle + 1
  }
  return elements[low]
}
