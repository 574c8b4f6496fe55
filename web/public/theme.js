// Before the first paint, so that a chosen theme does not flash; a file of its own, as the page allows no script inside.
try {
  const theme = localStorage.getItem('chat.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is shut: the system's theme it is.
}
