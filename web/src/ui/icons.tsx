/** Icons on a grid of 24, in the text's colour. Hidden from screen readers: the button has the label. */
const paths = {
  back: 'M15 5l-7 7 7 7',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12h13M12.500 6l6 6-6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  up: 'M12 19V5M6 11l6-6 6 6',
  reply: 'M9.500 6L4.500 11l5 5M5 11h8.500a6 6 0 0 1 6 6v1',
  people: 'M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 19.500c.5-3.500 3-5.500 6.500-5.500s6 2 6.500 5.500M15.500 4.800a3.500 3.500 0 0 1 0 6.400M18 14.500c2 .8 3.200 2.500 3.500 5',
  more: 'M12 5.500v.01M12 12v.01M12 18.500v.01',
  clock: 'M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17ZM12 7.500V12l3 2',
  warning: 'M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17ZM12 8v4.500M12 16v.01',
  device: 'M4 5.500h16v10.500H4zM9 19.500h6M12 16v3.500',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  cloudOff: 'M4 4l16 16M7 8.500A5 5 0 0 0 7.500 18.500H17M10 6.300A6 6 0 0 1 18 11a3.800 3.800 0 0 1 2.800 5.800',
  bell: 'M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15zM10 20.500h4',
  key: 'M8 19a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM11 12.200l8-8M16 7.200l3 3',
  keyboard: 'M3 7h18v10.500H3zM7 10.500v.01M11 10.500v.01M15 10.500v.01M17.500 10.500v.01M8 14h8',
  leave: 'M13.500 5H6v14h7.500M10.500 12H20M16.500 8.500L20 12l-3.500 3.500',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, class: extra = '' }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

export function Logo({ class: own }: { class: string }) {
  return (
    <svg viewBox="0 0 64 64" aria-hidden="true" class={own}>
      <rect width="64" height="64" rx="16" class="logo-ground" />
      <path class="logo-front" d="M14 27a11 11 0 0 1 11-11h9a11 11 0 0 1 0 22h-7l-7.500 5.600a1 1 0 0 1-1.600-.8V37A11 11 0 0 1 14 27Z" />
      <path class="logo-rear" d="M40 29.500a9.500 9.500 0 0 1 4.800 17.200V51a1 1 0 0 1-1.600.8L38.300 48H34a9.500 9.500 0 0 1-8.300-5h8.300A16 16 0 0 0 40 29.500Z" />
    </svg>
  )
}
